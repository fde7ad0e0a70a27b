printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"%s"}}' \
  "$TOKEN" | kubectl create -o json -f - | jq .status
