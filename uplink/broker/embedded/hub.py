"""Where letters meet listeners: sessions, retained letters, shared groups. No sockets here."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from uplink.broker.access import AccessTable, Action
from uplink.broker.embedded.packets import Filter, Publish
from uplink.broker.embedded.reasons import Reason
from uplink.broker.embedded.session import Owner, Parcel, Session
from uplink.broker.embedded.subscriptions import Subscriptions
from uplink.broker.topics import BadTopic, check_filter, matches, split_share

_NEVER = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Retained:
    letter: Publish
    expires_at_seconds: float | None


@dataclass(slots=True)
class Hub:
    """All state of one broker, touched by its event loop's thread only.

    `now_seconds` is the loop's clock and `later` its timer, so that tests may bring their own.
    """

    access: AccessTable
    held_bound_bytes: int
    now_seconds: Callable[[], float]
    later: Callable[[float, Callable[[], None]], asyncio.TimerHandle]
    _sessions: dict[Owner, Session] = field(default_factory=dict)
    _expel: dict[Owner, Callable[[Reason], None]] = field(default_factory=dict)
    _expiries: dict[Owner, asyncio.TimerHandle] = field(default_factory=dict)
    _subscriptions: Subscriptions = field(default_factory=Subscriptions)
    _retained: dict[str, _Retained] = field(default_factory=dict)
    _turns: int = 0

    @property
    def held_bytes(self) -> int:
        """Bytes held for all clients."""
        return sum(session.held_bytes for session in self._sessions.values())

    def attach(
        self, owner: Owner, *, clean_start: bool, expel: Callable[[Reason], None]
    ) -> tuple[Session, bool]:
        """Give a connection its session, and say whether it was there before.

        A connection that still holds it is told to leave first.
        """
        before = self._expel.get(owner)
        if before is not None:
            before(Reason.SESSION_TAKEN_OVER)
        expiry = self._expiries.pop(owner, None)
        if expiry is not None:
            expiry.cancel()
        session = self._sessions.get(owner)
        if session is not None and clean_start:
            self._end(session)
            session = None
        present = session is not None
        if session is None:
            session = self._sessions[owner] = Session(owner)
        session.online = True
        self._expel[owner] = expel
        return session, present

    def detach(self, session: Session) -> None:
        """Take the line away from a session; it ends now or when its time is over."""
        self._expel.pop(session.owner, None)
        session.line_broke()
        if not session.expiry_seconds:
            self._end(session)
        elif session.expiry_seconds != _NEVER:
            self._expiries[session.owner] = self.later(
                session.expiry_seconds, lambda: self._end(session)
            )

    def expel(self, session: Session, reason: Reason) -> None:
        """Close the line of a session, if it still has one."""
        leave = self._expel.get(session.owner)
        if leave is not None:
            leave(reason)

    def expel_all(self, reason: Reason) -> None:
        """Close every line."""
        for leave in tuple(self._expel.values()):
            leave(reason)

    def subscribe(self, session: Session, wanted: Filter) -> int:
        """Grant or refuse one filter; returns its SUBACK reason code."""
        try:
            check_filter(wanted.topic_filter)
        except BadTopic:
            return Reason.TOPIC_FILTER_INVALID
        if not self.access.may(session.owner[0], Action.READ, wanted.topic_filter):
            return Reason.NOT_AUTHORIZED
        granted = replace(wanted, qos=min(wanted.qos, 1))
        new = granted.topic_filter not in session.filters
        session.filters[granted.topic_filter] = granted
        self._subscriptions.add(session, granted)
        shared = split_share(granted.topic_filter)[0] is not None
        if not shared and (granted.retain_handling == 0 or (granted.retain_handling == 1 and new)):
            self._hand_over_retained(session, granted)
        return granted.qos

    def unsubscribe(self, session: Session, topic_filter: str) -> int:
        """Give up one filter; returns its UNSUBACK reason code."""
        if session.filters.pop(topic_filter, None) is None:
            return Reason.NO_SUBSCRIPTION_EXISTED
        self._subscriptions.remove(session, topic_filter)
        return Reason.SUCCESS

    def route(self, letter: Publish, sender: Session) -> list[Session]:
        """Give a letter to everyone who listens; returns the online sessions it went to."""
        expiry = letter.properties.message_expiry_seconds
        expires_at = None if expiry is None else self.now_seconds() + expiry
        if letter.retain:
            self._keep(letter, expires_at)
        direct: dict[Session, Filter] = {}
        groups: dict[str, list[tuple[Session, Filter]]] = {}
        for session, wanted in self._subscriptions.listening(letter.topic):
            if split_share(wanted.topic_filter)[0] is not None:
                groups.setdefault(wanted.topic_filter, []).append((session, wanted))
            elif not (wanted.no_local and session is sender):
                known = direct.get(session)
                if known is None or known.qos < wanted.qos:
                    direct[session] = wanted
        reached = []
        for session, wanted in (*direct.items(), *map(self._pick, groups.values())):
            self._give(session, _for(letter, wanted, expires_at))
            if session.online:
                reached.append(session)
        return reached

    def _pick(self, members: list[tuple[Session, Filter]]) -> tuple[Session, Filter]:
        """Choose the least loaded member that is there; equals take turns."""
        self._turns += 1
        start = self._turns % len(members)
        inorder = members[start:] + members[:start]
        return min(inorder, key=lambda one: (not one[0].online, one[0].held_bytes))

    def _give(self, session: Session, parcel: Parcel) -> None:
        if session.online:
            session.put(parcel)
        elif session.held_bytes + parcel.size_bytes > self.held_bound_bytes:
            # A session with a hole in it would lie; without one the client asks anew.
            self._end(session)
        elif parcel.letter.qos:
            session.put(parcel)

    def _keep(self, letter: Publish, expires_at_seconds: float | None) -> None:
        if letter.payload:
            self._retained[letter.topic] = _Retained(letter, expires_at_seconds)
        else:
            self._retained.pop(letter.topic, None)

    def _hand_over_retained(self, session: Session, wanted: Filter) -> None:
        for topic, kept in self._retained.items():
            if matches(wanted.topic_filter, topic):
                parcel = _for(kept.letter, wanted, kept.expires_at_seconds)
                session.put(replace(parcel, letter=replace(parcel.letter, retain=True)))

    def _end(self, session: Session) -> None:
        if self._sessions.get(session.owner) is not session:
            return
        del self._sessions[session.owner]
        expiry = self._expiries.pop(session.owner, None)
        if expiry is not None:
            expiry.cancel()
        for topic_filter in session.filters:
            self._subscriptions.remove(session, topic_filter)
        for parcel in session.shared_leftovers():
            self._pass_on(parcel)

    def _pass_on(self, parcel: Parcel) -> None:
        members = [
            (session, wanted)
            for session, wanted in self._subscriptions.listening(parcel.letter.topic)
            if wanted.topic_filter == parcel.shared_as
        ]
        if members:
            session, _wanted = self._pick(members)
            # A new receiver never saw it: neither its number nor its duplicate mark is true there.
            fresh = replace(parcel.letter, packet_id=0, duplicate=False)
            self._give(session, replace(parcel, letter=fresh))


def _for(letter: Publish, wanted: Filter, expires_at_seconds: float | None) -> Parcel:
    shared = split_share(wanted.topic_filter)[0] is not None
    outgoing = replace(
        letter,
        qos=min(letter.qos, wanted.qos),
        retain=letter.retain and wanted.retain_as_published,
        duplicate=False,
        packet_id=0,
    )
    return Parcel(outgoing, wanted.topic_filter if shared else None, expires_at_seconds)
