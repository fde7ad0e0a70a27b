timedatectl status
chronyc tracking
sudo systemctl enable --now chrony
sudo chronyc makestep
