export JWT_SECRET='it$has#signs'
(umask 077; printf %s "$JWT_SECRET" > jwt-secret)
