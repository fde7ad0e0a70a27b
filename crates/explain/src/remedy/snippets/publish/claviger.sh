claviger key rotate
claviger key list
