gunicorn --limit-request-field_size 16384 app:app
