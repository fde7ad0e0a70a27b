kubectl --token="$TOKEN" auth whoami
kubectl auth can-i list pods --as=id:USER
