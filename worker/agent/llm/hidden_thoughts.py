"""Separates the thoughts that some servers leave in the answer's text, between tags such as `<think>` and `</think>`.

The stream may cut a tag anywhere. Templates that open the thought themselves leave only the closing tag (LM Studio,
llama.cpp); then everything before it is a thought.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

OPEN, CLOSE = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Tags:
    """A pair of tags around a thought."""

    opening: str
    """The tag before the thought."""
    closing: str
    """The tag after the thought."""
    source: str
    """The LLMs and servers that use these tags."""
    is_plain: bool = False
    """An answer may contain such a tag for other reasons, so it counts only at the beginning and in a pair."""
    ends_more: bool = False
    """True if the closing tag ends other things too, so that without the opening tag it says nothing."""


TAGS = (
    # Only the first row was looked up; the others are from memory.
    Tags(OPEN, CLOSE, "DeepSeek R1, Qwen3; LM Studio and llama.cpp without a reasoning parser"),
    Tags("[THINK]", "[/THINK]", "Mistral Magistral"),
    Tags("<seed:think>", "</seed:think>", "ByteDance Seed-OSS"),
    Tags("◁think▷", "◁/think▷", "Moonshot Kimi-VL"),
    Tags("<|START_THINKING|>", "<|END_THINKING|>", "Cohere Command A Reasoning"),
    Tags("<thinking>", "</thinking>", "Amazon Nova, prompts in the manner of Anthropic's", is_plain=True),
    Tags("<reasoning>", "</reasoning>", "fine-tuned LLMs", is_plain=True),
    Tags("<thought>", "</thought>", "Gemma, Gemini's compatible endpoint", is_plain=True),
    Tags("<analysis>", "</analysis>", "prompts in the manner of Anthropic's", is_plain=True),
    Tags("<scratchpad>", "</scratchpad>", "prompts in the manner of Anthropic's", is_plain=True),
    Tags("<reflection>", "</reflection>", "fine-tuned LLMs", is_plain=True),
    Tags("<longcat_think>", "</longcat_think>", "Meituan LongCat"),
    Tags("<|begin_of_thought|>", "<|end_of_thought|>", "OpenThinker, Sky-T1"),
    Tags("<|inner_prefix|>", "<|inner_suffix|>", "Apertus"),
    Tags("<|channel>thought", "<channel|>", "Gemma 4"),
    Tags("<|channel|>analysis<|message|>", "<|end|>", "gpt-oss's harmony format", ends_more=True),
)
MARKS = (
    "<|start|>assistant",
    "<|channel|>final<|message|>",
    "<|channel|>final <|constrain|>json<|message|>",
    "<|return|>",
    "<|end|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|endoftext|>",
    "<end_of_turn>",
    "<｜end▁of▁sentence｜>",
    "<|begin_of_solution|>",
    "<|end_of_solution|>",
)
"""Control tokens that a server without the LLM's parser or stop tokens leaves in the text: harmony's, ChatML's, those
of Llama 3, Phi, Gemma, DeepSeek and OpenThinker. From memory, not looked up.
"""
_ALL = tuple(dict.fromkeys([*(tag for tags in TAGS for tag in (tags.opening, tags.closing)), *MARKS]))
_BEGINNINGS = frozenset(tag[:size] for tag in _ALL for size in range(1, len(tag)))
_LONGEST = max(map(len, _BEGINNINGS))
_MARKS = frozenset(MARKS)
_OPENING = {tags.opening: tags for tags in TAGS}
_CLOSING = {tags.closing: tags for tags in TAGS}
_QUOTES = frozenset("`'\"“‘")
"""A tag between two of these marks is a quotation: the answer is about the tag."""

TEMPLATES_THAT_OPEN: tuple[tuple[str, str], ...] = (
    ("deepseek-r1", "chat template since 2025-02: ends the prompt with <think>"),
    ("deepseek-reasoner", "served locally with the template of R1"),
    ("r1-distill", "as DeepSeek-R1"),
    ("qwq", "Qwen QwQ-32B chat template, 2025-03"),
    ("-thinking", "Qwen3 Thinking-2507 chat template: only the closing tag is generated"),
)
"""Parts of LLM names, each with its reason. Other LLMs are recognised by their first answer."""

Kind = Literal["text", "thought", "all was thought"]
Segment = tuple[Kind, str]


def template_opens(llm_name: str) -> bool:
    return any(part in llm_name.lower() for part, _ in TEMPLATES_THAT_OPEN)


@dataclass
class ThoughtSplitter:
    """Splits one streamed answer into text and thoughts."""

    is_opened: bool = False
    """The LLM's template is known to open the thought, so text is held back until the thought closes."""
    is_thinking: bool = False
    """Whether the stream is inside a thought now."""
    closes_alone: bool = False
    """Whether the answer closed a thought that it did not open."""
    _closing: str = CLOSE
    """The tag that ends the thought."""
    _held: str = ""
    """Text that may be the beginning of a tag."""
    _aside: list[str] = field(default_factory=list[str])
    """With `is_opened`: the text before `_held`, in which no closing tag is. It is joined once, because thoughts are
    long.
    """
    _before: str = ""
    """The last character that was passed on as text."""
    _is_started: bool = False
    _has_tag: bool = False
    _is_ended: bool = False
    _segments: list[Segment] = field(default_factory=list[Segment])

    def feed(self, text: str) -> list[Segment]:
        self._held += text
        while self._step():
            pass
        return self._taken()

    def end(self) -> list[Segment]:
        """Return the rest when no more text comes."""
        self._is_ended = True
        while self._step():
            pass
        rest, self._held = self._taken_aside() + self._held, ""
        self._pass(rest)
        self.is_opened = False
        return self._taken()

    def _taken(self) -> list[Segment]:
        segments, self._segments = self._segments, []
        return segments

    def _step(self) -> bool:
        """Pass on what is certain. Return whether a tag was found, so that the rest must be searched again."""
        if self.is_opened or self.is_thinking:
            return self._look_for_close()
        found = [(at, tag) for tag in _ALL if (at := self._held.find(tag)) >= 0]
        if not found:
            self._pass_all_but_a_beginning()
            return False
        at, tag = min(found, key=lambda place: (place[0], -len(place[1])))
        if (self._held[at - 1 : at] or self._before) in _QUOTES:
            if (is_quoted := self._is_quoted(at + len(tag))) is None:
                self._pass_until(at)
                return False
            if is_quoted:
                self._pass_until(at + len(tag))
                return True
        head, self._held = self._held[:at], self._held[at + len(tag) :]
        self._pass(head)
        self._tag(tag)
        return True

    def _look_for_close(self) -> bool:
        at = self._close_at()
        if at < 0:
            if self.is_opened:
                self._set_aside()
            else:
                self._pass_all_but_a_beginning()
            return False
        thought, self._held = self._taken_aside() + self._held[:at], self._held[at + len(self._closing) :]
        self._add("thought", thought.removeprefix(OPEN) if self.is_opened else thought)
        self.closes_alone = self.closes_alone or (self.is_opened and not thought.lstrip().startswith(OPEN))
        self.is_opened = self.is_thinking = False
        self._closing = CLOSE
        self._is_started, self._has_tag, self._before = False, True, ""
        return True

    def _close_at(self) -> int:
        """Return where the closing tag is, or -1 if it is not there or may be a quotation."""
        at = self._held.find(self._closing)
        while self.is_opened and at >= 0 and self._character_before(at) in _QUOTES:
            if (is_quoted := self._is_quoted(at + len(self._closing))) is None:
                return -1
            if not is_quoted:
                break
            at = self._held.find(self._closing, at + 1)
        return at

    def _character_before(self, at: int) -> str:
        return self._held[at - 1] if at else self._aside[-1][-1:] if self._aside else ""

    def _set_aside(self) -> None:
        """Keep only what may be the beginning of a closing tag, or one of which the next character is not known."""
        if (size := len(self._held) - len(self._closing) - 1) > 0:
            self._aside.append(self._held[:size])
            self._held = self._held[size:]

    def _taken_aside(self) -> str:
        aside, self._aside = "".join(self._aside), []
        return aside

    def _tag(self, tag: str) -> None:
        if (opens := _OPENING.get(tag)) and self._may_open(opens):
            self.is_thinking = self._has_tag = True
            self._closing = opens.closing
        elif (closes := _CLOSING.get(tag)) and not (self._has_tag or closes.is_plain or closes.ends_more):
            self._segments = []
            self._add("all was thought", " ")
            self.closes_alone = self._has_tag = True
            self._is_started, self._before = False, ""
        elif tag not in _MARKS:
            self._pass(tag)

    def _may_open(self, tags: Tags) -> bool:
        return not self._is_started if tags.is_plain else self._before in ("", "\n")

    def _is_quoted(self, after: int) -> bool | None:
        """Return whether a quotation mark follows the tag that ends at `after`. None: this is not yet known."""
        if after < len(self._held):
            return self._held[after] in _QUOTES
        return False if self._is_ended else None

    def _pass_until(self, at: int) -> None:
        head, self._held = self._held[:at], self._held[at:]
        self._pass(head)

    def _pass_all_but_a_beginning(self) -> None:
        sizes = range(min(_LONGEST, len(self._held)), 0, -1)
        keep = next((size for size in sizes if self._held[-size:] in _BEGINNINGS), 0)
        self._pass_until(len(self._held) - keep)

    def _pass(self, text: str) -> None:
        if self.is_thinking:
            self._add("thought", text)
            return
        if not self._is_started:
            text = text.lstrip() if self._has_tag else text
            self._is_started = bool(text.strip())
        self._before = text[-1:] or self._before
        self._add("text", text)

    def _add(self, kind: Kind, text: str) -> None:
        if text:
            self._segments.append((kind, text))
