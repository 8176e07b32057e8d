"""The client's frames are the server's: same tags, same fields, same choices."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel

from forge.models import approval as server_approval
from forge.models import frame as server_frames
from forge.models import http as server_http
from forge.models import message as server_message
from forge.models import run as server_run
from forge.models import views as server_views
from forge.models import wallet_review as server_review
from forge_client import answers, frames, sent_frames, wallet_requests

PAIRS: list[tuple[type[BaseModel], type[BaseModel]]] = [
    (frames.Message, server_views.PublicMessage),
    (frames.Tool, server_message.ToolDisplay),
    (frames.ActiveRun, server_views.PublicRun),
    (frames.QueuedMessage, server_views.QueuedMessage),
    (wallet_requests.Approval, server_views.PublicApproval),
    (wallet_requests.Ask, server_views.PublicAsk),
    (wallet_requests.Claim, server_views.PublicClaim),
    (wallet_requests.Report, server_views.PublicReport),
    (wallet_requests.Call, server_approval.Call),
    (wallet_requests.Review, server_review.Review),
    (wallet_requests.ReviewChange, server_review.ReviewChange),
    (wallet_requests.Allowance, server_review.Allowance),
    (wallet_requests.ReviewWarning, server_review.ReviewWarning),
    (wallet_requests.ReviewArgument, server_review.ReviewArgument),
    (wallet_requests.ReviewedCall, server_review.ReviewedCall),
    (wallet_requests.ReviewFee, server_review.ReviewFee),
    (frames.Hot, server_views.Hot),
    (frames.State, server_http.State),
    (frames.StateFrame, server_frames.StateFrame),
    (frames.TextFrame, server_frames.TextFrame),
    (frames.ErrorFrame, server_frames.ErrorFrame),
    (frames.SessionExpiredFrame, server_frames.SessionExpiredFrame),
    (frames.PongFrame, server_frames.PongFrame),
    (sent_frames.Have, server_frames.Have),
    (sent_frames.SyncFrame, server_frames.SyncFrame),
    (sent_frames.PingFrame, server_frames.PingFrame),
    (answers.SessionSummary, server_http.SessionSummary),
    (answers.SessionList, server_http.SessionList),
    (answers.CommandResult, server_run.CommandResult),
]


def tags(union: Any) -> list[str]:
    members = get_args(get_args(union)[0])
    return sorted(member.model_fields["type"].default for member in members)


def test_every_kind_of_server_frame_is_known() -> None:
    assert tags(frames.ServerFrame) == tags(server_frames.ServerFrame)


def test_every_kind_of_client_frame_can_be_sent() -> None:
    ours = sorted(
        model.model_fields["type"].default
        for model in (sent_frames.SyncFrame, sent_frames.PingFrame, sent_frames.AuthFrame)
    )
    assert ours == tags(server_frames.ClientFrame)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda model: model.__name__)
def test_fields_are_the_same(ours: type[BaseModel], theirs: type[BaseModel]) -> None:
    assert sorted(ours.model_fields) == sorted(theirs.model_fields)
    assert required(ours) == required(theirs)


def required(model: type[BaseModel]) -> list[str]:
    # A state without `messages` is read as one with none.
    return [name for name, field in model.model_fields.items() if field.is_required() and name != "messages"]


def test_the_choices_are_the_same() -> None:
    assert get_args(frames.Sender) == get_args(server_message.Sender)
    assert get_args(frames.Kind) == get_args(server_message.MessageKind)
    assert get_args(frames.Outcome) == get_args(server_run.Outcome)
    assert get_args(frames.IfBusy) == get_args(server_run.IfBusy)
    ours = frames.Tool.model_fields["outcome"].annotation
    assert set(get_args(get_args(ours)[0])) == set(get_args(server_message.ToolOutcome))
