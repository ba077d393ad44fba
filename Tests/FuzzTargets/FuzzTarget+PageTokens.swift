import PatronCore

extension FuzzTarget {
  /// The token of a page. The first byte chooses the list that it is sent to.
  static let pageTokens = FuzzTarget(name: "page-tokens") { bytes in
    let (choice, input) = bytes.choice
    let list = PageBinding.List(rawValue: UInt8(2 + choice % 10)) ?? .customers
    var binding = PageBinding(list, store: "default")
    if choice % 3 == 0 { binding.bind(.customer, Fingerprint(17)) }
    let text = String(decoding: input, as: UTF8.self)
    let count = 1 + choice % 3
    guard let token = try? PageToken(text, boundTo: binding, count: count) else { return }
    require(token.position.count == count, "a token has the asked numbers")
    require(token.text(boundTo: binding) == text, "a token has one text")
  }
}
