kubectl run look --rm -it --restart=Never --image=curlimages/curl -n NAMESPACE -- \
  -v --max-time 10 https://id.example/.well-known/openid-configuration
