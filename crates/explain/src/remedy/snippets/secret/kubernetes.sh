kubectl create secret generic jwt --from-file=JWT_SECRET=secret.txt
kubectl get secret jwt -o jsonpath='{.data.JWT_SECRET}' | base64 -d | sha256sum
