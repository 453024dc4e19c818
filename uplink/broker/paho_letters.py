"""Letters in and out of paho's types; paho leaves its `Properties` untyped, so it stays here."""

from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from uplink.wire.post import Letter, Qos


def connect_properties(session_expiry_seconds: int) -> Properties:
    """Return the CONNECT properties of a session that lives so long without a line."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own
    properties.SessionExpiryInterval = session_expiry_seconds
    return properties


def check_bulk(letter: Letter) -> None:
    """Raise ValueError unless a letter with a body asks for nothing that bulk does not have."""
    bare = Letter(letter.topic, letter.payload, Qos.AT_MOST_ONCE, body=letter.body)
    if letter != bare:
        raise ValueError(
            f"a letter on {letter.topic} has a body: it goes at QoS 0, not retained, and without "
            "properties"
        )


def publish_properties(letter: Letter) -> Properties:
    """Return what travels beside the payload of a published letter."""
    return _filled(PacketTypes.PUBLISH, letter)


def will_properties(letter: Letter) -> Properties:
    """Return what travels beside the payload of a last will."""
    return _filled(PacketTypes.WILLMESSAGE, letter)


def letter_of(message: MQTTMessage) -> Letter:
    """Return the letter that paho received."""
    # paho sets a property's attribute only when the packet carried it.
    carried = message.properties
    return Letter(
        topic=message.topic,
        payload=bytes(message.payload),
        qos=Qos(message.qos),
        retained=bool(message.retain),
        content_type=getattr(carried, "ContentType", None),
        response_topic=getattr(carried, "ResponseTopic", None),
        correlation=getattr(carried, "CorrelationData", None),
        user_properties=tuple(getattr(carried, "UserProperty", ())),
    )


def _filled(packet_type: int, letter: Letter) -> Properties:
    properties = Properties(packet_type)  # type: ignore[no-untyped-call]  # paho's own
    if letter.content_type is not None:
        properties.ContentType = letter.content_type
    if letter.response_topic is not None:
        properties.ResponseTopic = letter.response_topic
    if letter.correlation is not None:
        properties.CorrelationData = letter.correlation
    if letter.user_properties:
        properties.UserProperty = list(letter.user_properties)
    return properties
