/// The Swift names of the declarations in proto files.
struct SwiftNames {
  /// The package whose types stand at the top level; types of others are nested in an enum.
  let barePackage: String
  private let types: [String: String]

  init(_ files: [ProtoFile], barePackage: String) {
    self.barePackage = barePackage
    var types: [String: String] = [:]
    for file in files {
      let scope = Self.namespace(file.package, bare: barePackage)
      let skip = file.package.isEmpty ? 0 : file.package.split(separator: ".").count
      for name in file.allMessages.map(\.fullName) + file.allEnums.map(\.fullName) {
        let words = name.split(separator: ".")
        let pieces = words.indices.dropFirst(skip).map { last in
          Self.declaredName(words[...last].joined(separator: "."))
        }
        types[name] = ((scope.map { [$0] } ?? []) + pieces).joined(separator: ".")
      }
    }
    self.types = types
  }

  /// The Swift type of a message or enum: `Customer`, `GoogleRPC.Status`.
  func type(_ fullName: String) -> String { types[fullName] ?? Self.typePiece(fullName) }

  /// The enum that holds the types of a package, or nil for the package without a namespace:
  /// `google.rpc` gives `GoogleRPC`, `grpc.health.v1` gives `GRPCHealth`.
  func namespace(_ package: String) -> String? { Self.namespace(package, bare: barePackage) }

  private static func namespace(_ package: String, bare: String) -> String? {
    if package == bare { return nil }
    let pieces = package.split(separator: ".").map(String.init).filter { piece in
      !(piece.first == "v" && piece.dropFirst().allSatisfy(\.isNumber) && piece.count > 1)
    }
    return pieces.map { acronyms[$0] ?? $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// The name that the declaration of a message or enum has in Swift, without its outer types.
  static func declaredName(_ fullName: String) -> String {
    let last = fullName.split(separator: ".").last.map(String.init) ?? fullName
    return RenamedTypes.names[fullName] ?? typePiece(last)
  }

  /// One component of a type name.
  static func typePiece(_ name: String) -> String {
    unescapable.contains(name) ? name + "_" : name
  }

  /// `external_id` becomes `externalID`, `default` becomes `` `default` ``.
  static func property(_ name: String) -> String { escaped(lowerCamel(name)) }

  /// `order_status` becomes `OrderStatus`.
  static func upperCamel(_ name: String) -> String {
    name.split(separator: "_").map { capitalised(String($0)) }.joined()
  }

  /// `GetCustomer` becomes `getCustomer`.
  static func method(_ name: String) -> String {
    escaped(name.prefix(1).lowercased() + name.dropFirst())
  }

  /// `GENDER_FEMALE` of the enum `Gender` becomes `female`.
  static func enumCase(_ value: String, of enumName: String) -> String {
    let camel = lowerCamel(enumWord(value, of: enumName))
    return escaped(camel.first?.isNumber == true ? "_" + camel : camel)
  }

  /// `CHANNEL_STATE_HARD_BOUNCE` of the enum `ChannelState` becomes `hard_bounce`.
  static func enumWord(_ value: String, of enumName: String) -> String {
    let prefix = upperSnake(enumName) + "_"
    let name = value.lowercased()
    guard value.hasPrefix(prefix), value.count > prefix.count else { return name }
    return String(name.dropFirst(prefix.count))
  }

  private static func lowerCamel(_ name: String) -> String {
    let pieces = name.split(separator: "_").map(String.init)
    guard let first = pieces.first else { return name }
    let lowered = first.prefix(1).lowercased() + first.dropFirst()
    return lowered + pieces.dropFirst().map(capitalised).joined()
  }

  private static func capitalised(_ piece: String) -> String {
    acronyms[piece] ?? piece.prefix(1).uppercased() + piece.dropFirst()
  }

  private static func upperSnake(_ name: String) -> String {
    var result = ""
    var previous: Character = "A"
    for character in name {
      if character.isUppercase && !previous.isUppercase { result += "_" }
      result += character.uppercased()
      previous = character
    }
    return result
  }

  private static func escaped(_ name: String) -> String {
    if unescapable.contains(name) { return name + "_" }
    return keywords.contains(name) ? "`\(name)`" : name
  }

  /// Names that have a meaning after a dot even in backticks.
  private static let unescapable: Set<String> = ["Type", "Self", "Protocol", "Any", "self", "init"]

  private static let acronyms: [String: String] = [
    "id": "ID", "ids": "IDs", "url": "URL", "urls": "URLs", "ip": "IP", "sms": "SMS",
    "rpc": "RPC", "grpc": "GRPC", "api": "API", "json": "JSON", "ndjson": "NDJSON", "csv": "CSV",
    "utc": "UTC", "http": "HTTP", "html": "HTML", "uuid": "UUID", "sku": "SKU", "e164": "E164",
  ]

  private static let keywords: Set<String> = Set(
    """
    as associatedtype break case catch class continue default defer deinit \
    do else enum extension fallthrough false fileprivate for func guard if import in inout \
    internal is let nil operator precedencegroup private protocol public repeat rethrows return \
    static struct subscript super switch throw throws true try typealias var where while
    """.split(separator: " ").map(String.init)
  )
}
