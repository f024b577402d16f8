"""Set-up of a machine: the Docker Engine, Pulumi, its plugins and the images, found, downloaded or built."""
