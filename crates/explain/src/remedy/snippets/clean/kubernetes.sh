printf %s "$TOKEN" > token.txt
kubectl create secret generic api-token --from-file=token=token.txt
kubectl get secret api-token -o jsonpath='{.data.token}' | base64 -d | od -c | tail -n 2
