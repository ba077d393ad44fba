/// The metadata of a request: ordered pairs of lower-case keys and string values. A key may occur
/// more than once.
public struct Metadata: Sendable, Hashable {
  /// One key with one value.
  public struct Entry: Sendable, Hashable {
    /// The key, in lower case.
    public let key: String
    /// The value: any UTF-8 text.
    public let value: String
  }

  /// All pairs, in the order in which they were added.
  public private(set) var entries: [Entry] = []

  /// Creates empty metadata.
  public init() {}

  /// Creates metadata from the pairs of a sequence, in its order. Keys are lower-cased.
  public init(_ pairs: some Sequence<(String, String)>) {
    for (key, value) in pairs { append(key, value) }
  }

  /// True when there is no pair.
  public var isEmpty: Bool { entries.isEmpty }

  /// Adds a pair behind those of the same key. The key is lower-cased.
  public mutating func append(_ key: String, _ value: String) {
    entries.append(Entry(key: key.lowercased(), value: value))
  }

  /// Removes every pair of `key`.
  public mutating func remove(_ key: String) {
    let key = key.lowercased()
    entries.removeAll { $0.key == key }
  }

  /// Returns all values of `key`, in order.
  public func values(_ key: String) -> [String] {
    let key = key.lowercased()
    return entries.filter { $0.key == key }.map(\.value)
  }

  /// The first value of `key`. Setting replaces all its values; setting nil removes them.
  public subscript(key: String) -> String? {
    get {
      let key = key.lowercased()
      return entries.first { $0.key == key }?.value
    }
    set {
      remove(key)
      if let newValue { append(key, newValue) }
    }
  }
}

extension Metadata: ExpressibleByDictionaryLiteral {
  /// Creates metadata from a literal, as in `["trace": "abc"]`; a key may occur more than once.
  public init(dictionaryLiteral elements: (String, String)...) {
    self.init(elements)
  }
}
