"""Certificates for measurements and scans on this machine, made by openssl: keys are P-256."""

import pathlib
import subprocess
import sys


class Certificates:
    """An authority, and a server's certificate for localhost, in a directory."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.authority = self.directory / "authority.pem"
        self.certificate = self.directory / "server.pem"
        self.key = self.directory / "server.key"
        self._make()

    def flags(self):
        """Returns the flags of a patrond with the certificate."""
        return ["--tls-cert", str(self.certificate), "--tls-key", str(self.key)]

    def _make(self):
        new_key = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                   "-nodes"]
        authority_key = self.directory / "authority.key"
        openssl(*new_key, "-keyout", authority_key, "-x509", "-days", 365,
                "-subj", "/CN=authority of dev", "-addext", "keyUsage=critical,keyCertSign",
                "-addext", "basicConstraints=critical,CA:TRUE", "-out", self.authority)
        request = self.directory / "server.request"
        openssl(*new_key, "-keyout", self.key, "-subj", "/CN=localhost", "-out", request)
        extensions = self.directory / "server.extensions"
        extensions.write_text("basicConstraints=critical,CA:FALSE\n"
                              "keyUsage=critical,digitalSignature\n"
                              "extendedKeyUsage=serverAuth\n"
                              "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("openssl", "x509", "-req", "-in", request, "-CA", self.authority,
                "-CAkey", authority_key, "-CAcreateserial", "-days", 365, "-extfile", extensions,
                "-out", self.certificate)


def openssl(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {result.returncode}\n{result.stderr}")
    return result
