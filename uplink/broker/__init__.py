"""MQTT 5 behind one port; paho and the embedded broker live here."""
