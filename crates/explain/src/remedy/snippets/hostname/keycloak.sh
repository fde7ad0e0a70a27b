export KC_HOSTNAME=https://id.example
export KC_HOSTNAME_BACKCHANNEL_DYNAMIC=true
