"""Functions by which control over a contract, an account or a name is given away. Each group names its sources.

Collected on 2026-11-26.
"""

from __future__ import annotations

from worker.agent.wallet.review.known_functions.rows import Calls, Gives, Meaning, row

UPGRADES = "the code of {what} becomes that of {who}"
VOTES = "the votes of {what} are cast by {who}"
MODULE = "{who} may do anything with the account {what}, without its owners"
FALLBACK = "the account {what} answers by the code of {who}"


def _to(who: str, words: str = "") -> Gives:
    return Gives("control", who, words=words)


def _hands(text: str, words: str = "") -> Meaning:
    return row(text, _to("account", words))


CONTROL = (
    # OpenZeppelin Ownable, Ownable2Step, AccessControl; EIP-173; Solmate, DappHub
    _hands("transferOwnership(address account)"),
    _hands("transferOwnership(address account, bool direct, bool renounce)"),
    _hands("setOwner(address account)"),
    _hands("changeOwner(address account)"),
    _hands("setPendingOwner(address account)"),
    _hands("proposeOwner(address account)"),
    _hands("nominateNewOwner(address account)"),
    _hands("transferAdmin(address account)"),
    _hands("setAdmin(address account)"),
    _hands("setPendingAdmin(address account)"),
    _hands("_setPendingAdmin(address account)"),
    _hands("setGovernance(address account)"),
    _hands("setPendingGovernor(address account)"),
    _hands("setGovernor(address account)"),
    _hands("beginDefaultAdminTransfer(address account)"),
    _hands("grantRole(bytes32 role, address account)"),
    _hands("grantRole(uint64 role, address account, uint32 executionDelay)"),
    _hands("grantRoles(address account, uint256 roles)"),
    _hands("setUserRole(address account, uint8 role, bool enabled)"),
    _hands("rely(address account)"),
    _hands("setAuthority(address account)"),
    _hands("setController(address account)"),
    _hands("setManager(address account)"),
    _hands("setOperator(address account)"),
    _hands("addOwner(address account)"),
    _hands("addAdmin(address account)"),
    _hands("addMinter(address account)"),
    _hands("setMinter(address account)"),
    _hands("configureMinter(address account, uint256 minterAllowedAmount)"),
    _hands("updateMasterMinter(address account)"),
    _hands("addPauser(address account)"),
    _hands("transferGovernance(address account)"),
    _hands("transferPrimary(address account)"),
    row("renounceOwnership()", Gives("control", "", words="nobody owns {what} any more")),
    # Proxies: EIP-1967, UUPS, OpenZeppelin ProxyAdmin, EIP-2535 diamonds
    _hands("upgradeTo(address account)", words=UPGRADES),
    row("upgradeToAndCall(address account, bytes data)", _to("account", UPGRADES), Calls(data="data")),
    row(
        "upgrade(address proxy, address account)", Gives("control", "account", asset="proxy", words=UPGRADES)
    ),
    row(
        "upgradeAndCall(address proxy, address account, bytes data)",
        Gives("control", "account", asset="proxy", words=UPGRADES),
        Calls(data="data", to="proxy"),
    ),
    _hands("setImplementation(address account)", words=UPGRADES),
    _hands("_setImplementation(address account)", words=UPGRADES),
    _hands("changeMasterCopy(address account)", words=UPGRADES),
    _hands("setTarget(address account)", words=UPGRADES),
    _hands("upgradeBeaconTo(address account)", words=UPGRADES),
    _hands("changeAdmin(address account)"),
    row("changeProxyAdmin(address proxy, address account)", Gives("control", "account", asset="proxy")),
    row(
        "diamondCut((address facet, uint8 action, bytes4[] selectors)[] cuts, address init, bytes data)",
        _to("cuts.facet", "{what} gets code of {who}"),
        Calls(data="data", to="init", delegates=True),
    ),
    # Safe
    _hands("addOwnerWithThreshold(address account, uint256 threshold)"),
    _hands("swapOwner(address prevOwner, address oldOwner, address account)"),
    _hands(
        "enableModule(address account)",
        words=MODULE,
    ),
    _hands("setGuard(address account)"),
    _hands("setModuleGuard(address account)"),
    _hands("setFallbackHandler(address account)", words=FALLBACK),
    row(
        "setup(address[] owners, uint256 threshold, address to, bytes data, "
        "address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver)",
        _to("owners"),
        Calls(data="data", to="to", delegates=True),
    ),
    row(
        "removeOwner(address prevOwner, address owner, uint256 threshold)",
        Gives("control", "owner", takes=True),
    ),
    row(
        "changeThreshold(uint256 threshold)",
        Gives("control", "", words="the number of owners who must sign for {what} changes"),
    ),
    row("disableModule(address prevModule, address module)", Gives("control", "module", takes=True)),
    # Smart accounts: ERC-7579, ERC-6900, Coinbase Smart Wallet, Kernel, Argent
    row(
        "installModule(uint256 moduleType, address account, bytes initData)",
        _to("account", "{who} may act for the account {what}"),
    ),
    row(
        "uninstallModule(uint256 moduleType, address account, bytes data)",
        Gives("control", "account", takes=True),
    ),
    _hands("addOwnerAddress(address account)"),
    row(
        "addOwnerPublicKey(bytes32 x, bytes32 y)",
        Gives("control", "", words="a new key may sign for the account {what}"),
    ),
    row(
        "authorizeModule(address wallet, address account, bool value)",
        Gives("control", "account", asset="wallet", switch="value"),
    ),
    # Names and votes: ENS, Compound's COMP and OpenZeppelin's ERC20Votes, delegation registries
    _hands("setOwner(bytes32 node, address account)", words="the name in {what} belongs to {who}"),
    row(
        "setSubnodeOwner(bytes32 node, bytes32 label, address account)",
        _to("account", "the name in {what} belongs to {who}"),
    ),
    row(
        "setRecord(bytes32 node, address account, address resolver, uint64 ttl)",
        _to("account", "the name in {what} belongs to {who}"),
    ),
    row("reclaim(uint256 id, address account)", _to("account", "the name in {what} belongs to {who}")),
    _hands("setResolver(bytes32 node, address account)", words="the name in {what} is answered by {who}"),
    _hands("setAddr(bytes32 node, address account)", words="the name in {what} stands for {who}"),
    _hands("delegate(address account)", words=VOTES),
    row(
        "delegateBySig(address account, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s)",
        _to("account", VOTES),
    ),
    row(
        "delegateForAll(address account, bool value)",
        Gives("control", "account", switch="value", words="{who} may act for the whole account"),
    ),
    row(
        "delegateAll(address account, bytes32 rights, bool enable)",
        Gives("control", "account", switch="enable", words="{who} may act for the whole account"),
    ),
)
