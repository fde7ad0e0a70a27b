auth0 apis update "$API_ID" --token-lifetime 300
