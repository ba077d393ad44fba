import PatronModel

extension FuzzTarget {
  /// The text of an API key.
  static let keys = FuzzTarget(name: "keys") { bytes in
    guard let key = APIKey(parsing: bytes.bytes) else { return }
    require(Array(key.text.utf8) == Array(bytes), "a key has one text")
    require(!"\(key)".contains(key.text.suffix(49)), "a description hides the secret")
  }
}
