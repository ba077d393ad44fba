import PatronClient

/// Lookup of services, methods and symbols of the contract by full name or by the end of it. Errors
/// suggest a similar name.
enum ContractNames {
  /// Returns the method named `patron.v1.CustomerService/GetCustomer`, with `.` for `/`, or by an
  /// unambiguous end such as `GetCustomer`. Case is ignored.
  static func method(_ name: String) throws -> ContractMethod {
    if let method = Contract.method(named: name) { return method }
    let wanted = "." + name.replacing("/", with: ".").lowercased()
    let methods = Contract.services.flatMap(\.methods)
    let found = methods.filter { full($0).hasSuffix(wanted) }
    if found.count == 1 { return found[0] }
    if found.count > 1 {
      let names = found.map { $0.method.description }.joined(separator: ", ")
      throw LocalError.usage("`\(SafeText.line(name))` is ambiguous: \(names)")
    }
    let last = String(wanted.split(separator: ".").last ?? "")
    let near = Nearest.name(to: last, among: methods.map(\.method.name))
    throw LocalError.usage(
      "there is no method `\(SafeText.line(name))`;"
        + (near.map { " did you mean `\($0)`?" } ?? "")
        + " `patron list SERVICE` shows the methods of a service"
    )
  }

  /// Returns the service with this full name, or with this unambiguous end.
  static func service(_ name: String) throws -> ContractService {
    if let service = Contract.service(named: name) { return service }
    let wanted = "." + name.lowercased()
    let found = Contract.services.filter { ("." + $0.name.lowercased()).hasSuffix(wanted) }
    if found.count == 1 { return found[0] }
    let names = Contract.services.map(\.name).joined(separator: ", ")
    throw LocalError.usage(
      "there is no service `\(SafeText.line(name))`; the services are \(names)"
    )
  }

  /// Returns the symbol with this full name, or with this unambiguous end.
  static func declaration(_ name: String) throws -> ContractDeclaration {
    if let declaration = Contract.declaration(of: name) { return declaration }
    let wanted = "." + name.replacing("/", with: ".").lowercased()
    let found = Contract.symbols.filter { ("." + $0.lowercased()).hasSuffix(wanted) }
    if found.count == 1, let declaration = Contract.declaration(of: found[0]) { return declaration }
    if found.count > 1 {
      throw LocalError.usage(
        "`\(SafeText.line(name))` is ambiguous: \(found.joined(separator: ", "))"
      )
    }
    let ends = Contract.symbols.map { String($0.split(separator: ".").last ?? "") }
    let near = Nearest.name(to: String(wanted.split(separator: ".").last ?? ""), among: ends)
    throw LocalError.usage(
      "there is no symbol `\(SafeText.line(name))`;"
        + (near.map { " did you mean `\($0)`?" } ?? "")
        + " `patron describe` lists all symbols"
    )
  }

  private static func full(_ method: ContractMethod) -> String {
    "." + "\(method.method.service).\(method.method.name)".lowercased()
  }
}

/// Suggestions for misspelt words.
enum Nearest {
  /// Returns the nearest candidate, or nil if it differs in more than a third of the word (at least
  /// two characters), ignoring case.
  static func name(to word: String, among candidates: [String]) -> String? {
    let wanted = Array(word.lowercased())
    let best = candidates.map { (name: $0, distance: distance(wanted, Array($0.lowercased()))) }
      .min { $0.distance < $1.distance }
    guard let best, best.distance <= max(2, wanted.count / 3) else { return nil }
    return best.name
  }

  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var previous = Array(0...b.count)
    for (i, left) in a.enumerated() {
      var current = [i + 1]
      for (j, right) in b.enumerated() {
        let replace = previous[j] + (left == right ? 0 : 1)
        current.append(min(replace, previous[j + 1] + 1, current[j] + 1))
      }
      previous = current
    }
    return previous[b.count]
  }
}
