// The phone's sensor by WebAuthn with the PRF extension: a secret of its own for each credential and salt.
window.ruhuFingerprint = (function () {
  const random = () => crypto.getRandomValues(new Uint8Array(32));
  const secretOf = (credential) => {
    const prf = credential.getClientExtensionResults().prf;
    return prf && prf.results && prf.results.first ? new Uint8Array(prf.results.first) : undefined;
  };
  const secret = async (id, salt) => {
    const credential = await navigator.credentials.get({
      publicKey: {
        challenge: random(),
        allowCredentials: [{ type: "public-key", id }],
        userVerification: "required",
        extensions: { prf: { eval: { first: salt } } },
      },
    });
    return { id, secret: secretOf(credential) };
  };
  return {
    async available() {
      const kind = window.PublicKeyCredential;
      if (!window.isSecureContext || !kind || !kind.isUserVerifyingPlatformAuthenticatorAvailable) return false;
      if (!(await kind.isUserVerifyingPlatformAuthenticatorAvailable())) return false;
      // Browsers that say what they can do are believed; of others, enrolling tells.
      const can = kind.getClientCapabilities ? await kind.getClientCapabilities() : {};
      return can["extension:prf"] !== false;
    },
    async enrol(account, user, salt) {
      const credential = await navigator.credentials.create({
        publicKey: {
          rp: { name: "入户" },
          user: { id: user, name: account, displayName: account },
          challenge: random(),
          pubKeyCredParams: [
            { type: "public-key", alg: -7 },
            { type: "public-key", alg: -257 },
          ],
          authenticatorSelection: { authenticatorAttachment: "platform", userVerification: "required" },
          extensions: { prf: { eval: { first: salt } } },
        },
      });
      const id = new Uint8Array(credential.rawId);
      const found = secretOf(credential);
      // Some give the secret out only when asked again.
      return found ? { id, secret: found } : secret(id, salt);
    },
    secret,
  };
})();
