import ArgumentParser
import TTRPCNIO

/// The flags of the operator's listener.
struct OpsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Address for the operator, over HTTP: /metrics, /healthz, /readyz and /status. Anyone who "
        + "reaches it may read them; they hold no data of customers. (default: none) Also "
        + "PATRON_OPS_LISTEN.",
      valueName: "host:port|unix:path"
    )
  )
  var opsListen: String?

  @Flag(help: "Allow an --ops-listen address that other machines can reach.")
  var insecureOpsListen = false

  func validate() throws { _ = try address() }

  /// Returns the address, or nil for none.
  ///
  /// - Throws: a usage error for an address that cannot be read, or that others can reach.
  func address() throws -> ListenAddress? {
    guard let text = opsListen ?? Environment.value("PATRON_OPS_LISTEN") else { return nil }
    let address: ListenAddress
    do {
      address = try ListenAddress(parsing: text)
    } catch {
      throw ValidationError("--ops-listen \(text): \(error)")
    }
    if case .tls = address {
      throw ValidationError(
        "--ops-listen \(text): it speaks no TLS; use 127.0.0.1:7421 or unix:PATH, with a proxy in "
          + "front of it if other machines must reach it."
      )
    }
    guard address.isLocal || insecureOpsListen else {
      throw ValidationError(
        "--ops-listen \(text): other machines can reach this address and read the metrics. Use "
          + "127.0.0.1 or unix:PATH, or add --insecure-ops-listen on a network that you trust."
      )
    }
    return address
  }
}
