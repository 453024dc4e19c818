"""paho's client, with fewer copies of a bulk letter: none that goes out, one that comes in.

It knows how paho keeps a packet that it has read whole, and how it takes what is left of one that
it writes. A letter with anything beyond topic and payload goes paho's own way.
"""

from dataclasses import dataclass

from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_PUBLISH = PacketTypes.PUBLISH << 4
_QOS, _RETAIN = 0x06, 0x01
_LENGTH_BYTES = 2
_NO_PROPERTIES = b"\x00"


@dataclass(frozen=True, slots=True)
class _Parts:
    """One packet in two parts; what is left of it is a view of the part that is under way."""

    head: bytes
    body: memoryview

    def __len__(self) -> int:
        return len(self.head) + len(self.body)

    def __getitem__(self, left: slice) -> bytes | memoryview:
        behind_head = left.start - len(self.head)
        return self.body[behind_head:] if behind_head >= 0 else self.head[left]


class BulkClient(Client):
    """A client that gives and takes a plain letter at QoS 0 as it lies in memory."""

    def let_go(self) -> None:
        """Close, after `loop_stop`, the sockets that paho leaves open until it is collected."""
        self._reset_sockets()

    def publish_bulk(self, topic: str, head: bytes, body: bytes) -> MQTTMessageInfo:
        """Publish `head` and `body` as one payload; ValueError for a topic with a wildcard."""
        name = topic.encode()
        self._raise_for_invalid_topic(name)
        info = MQTTMessageInfo(self._mid_generate())
        if self._sock is None:
            info.rc = MQTTErrorCode.MQTT_ERR_NO_CONN
            return info
        begin = bytearray((_PUBLISH,))
        behind = len(_NO_PROPERTIES) + len(head) + len(body)
        self._pack_remaining_length(begin, _LENGTH_BYTES + len(name) + behind)
        self._pack_str16(begin, name)
        parts = _Parts(bytes(begin) + _NO_PROPERTIES + head, memoryview(body))
        packet: bytes = parts  # type: ignore[assignment]  # of a packet paho takes length and rest
        info.rc = self._packet_queue(_PUBLISH, packet, info.mid, 0, info)
        return info

    def _handle_publish(self) -> MQTTErrorCode:
        command, packet = self._in_packet["command"], self._in_packet["packet"]
        topic_ends = _LENGTH_BYTES + int.from_bytes(packet[:_LENGTH_BYTES])
        if command & _QOS or packet[topic_ends : topic_ends + 1] != _NO_PROPERTIES:
            return super()._handle_publish()
        message = MQTTMessage(topic=bytes(packet[_LENGTH_BYTES:topic_ends]))
        message.retain = bool(command & _RETAIN)
        message.properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own
        message.payload = bytes(memoryview(packet)[topic_ends + 1 :])
        self._handle_on_message(message)
        return MQTTErrorCode.MQTT_ERR_SUCCESS
