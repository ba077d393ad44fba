extension Setting {
  /// The limits of each key and of each store. 0, the default, is no limit.
  static let callers: [Setting] = keys + stores

  private static let rates = 0...1_000_000
  private static let bytes = 0...1_000_000_000_000

  private static let keys: [Setting] = [
    limit("max-key-call-rate", rates, "calls", "Calls of one key in a second"),
    limit("max-key-write-rate", rates, "records", "Records that one key writes in a second"),
    limit(
      "max-key-byte-rate",
      bytes,
      "bytes",
      "Bytes of requests and answers of one key in a second"
    ),
    limit("max-key-calls", rates, "calls", "Calls of one key at once"),
    limit("max-key-scans", 0...1024, "exports", "Exports of one key at once"),
  ]

  private static let stores: [Setting] = [
    limit(
      "max-store-call-rate",
      rates,
      "calls",
      "Calls of a store in a second; its settings win"
    ),
    limit(
      "max-store-write-rate",
      rates,
      "records",
      "Records written to a store in a second; its settings win"
    ),
    limit(
      "max-store-byte-rate",
      bytes,
      "bytes",
      "Bytes of requests and answers of a store in a second; its settings win"
    ),
    limit("max-store-calls", rates, "calls", "Calls of a store at once; its settings win"),
    limit("max-store-scans", 0...1024, "exports", "Exports of a store at once; its settings win"),
  ]

  private static func limit(
    _ name: String,
    _ range: ClosedRange<Int>,
    _ unit: String,
    _ help: String
  ) -> Setting {
    number(name, range, unit, 0, help + ". 0 is no limit", isReloadable: true)
  }
}
