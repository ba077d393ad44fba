import ArgumentParser
import TTRPCNIO

/// The flags of the operator's listener.
struct OpsOptions: ParsableArguments {
  @Option(help: .setting("ops-listen"))
  var opsListen: String?

  @Flag(help: .setting("insecure-ops-listen", saysDefault: false))
  var insecureOpsListen = false

  func validate() throws { _ = try address() }

  /// Returns the address, or nil for none.
  ///
  /// - Throws: a usage error for an address that cannot be read, or that others can reach.
  func address() throws -> ListenAddress? {
    guard let text = opsListen else { return nil }
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
