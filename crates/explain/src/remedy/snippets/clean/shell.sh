TOKEN=$(tr -d '\r\n' < token.txt)
case $TOKEN in
  '' | *[!A-Za-z0-9._~+/=-]*) echo 'this is no token' >&2; exit 1 ;;
esac
curl -sS -H "Authorization: Bearer $TOKEN" https://api.example/orders
