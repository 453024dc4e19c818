"""paho's client, with one copy of a bulk letter that comes in instead of four.

It knows how paho keeps a packet that it has read whole. A letter with anything beyond topic and
payload goes paho's own way.
"""

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_QOS, _RETAIN = 0x06, 0x01
_LENGTH_BYTES = 2


class BulkClient(Client):
    """A client that takes a plain letter at QoS 0 as it lies in paho's buffer."""

    def let_go(self) -> None:
        """Close, after `loop_stop`, the sockets that paho leaves open until it is collected."""
        self._reset_sockets()

    def _handle_publish(self) -> MQTTErrorCode:
        command, packet = self._in_packet["command"], self._in_packet["packet"]
        topic_ends = _LENGTH_BYTES + int.from_bytes(packet[:_LENGTH_BYTES])
        if command & _QOS or packet[topic_ends : topic_ends + 1] != b"\x00":
            return super()._handle_publish()
        message = MQTTMessage(topic=bytes(packet[_LENGTH_BYTES:topic_ends]))
        message.retain = bool(command & _RETAIN)
        message.properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own
        message.payload = bytes(memoryview(packet)[topic_ends + 1 :])
        self._handle_on_message(message)
        return MQTTErrorCode.MQTT_ERR_SUCCESS
