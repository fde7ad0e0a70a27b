keytool -importcert -noprompt -alias id -file ca.pem \
  -keystore trust.p12 -storetype PKCS12 -storepass changeit
java -Djavax.net.ssl.trustStore=trust.p12 -Djavax.net.ssl.trustStorePassword=changeit -jar app.jar
