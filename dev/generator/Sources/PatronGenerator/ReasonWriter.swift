/// Writes a constant for each reason that the contract's comments name.
struct ReasonWriter {
  let files: [ProtoFile]
  let names: SwiftNames

  /// Reasons of one word; other words in backquotes are values of fields.
  private static let singleWords: Set<String> = ["INTERNAL", "STORAGE"]
  /// Places that the comment of a constant lists; the contract has the rest.
  private static let maxPlaces = 6

  /// True when the comments name no reason, and nothing would be written.
  var isEmpty: Bool { reasons().isEmpty }

  func write(_ out: inout SourcePrinter) {
    out.doc(
      """
      The stable reasons of errors, violations and warnings that the contract names. A `reason` is
      text, because a server of a later version may send others.
      """
    )
    out.block("public enum PatronReason") { out in
      for (index, reason) in reasons().sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { out.blank() }
        out.doc("`\(reason.key)`: see \(list(reason.value)).")
        let name = SwiftNames.property(reason.key.lowercased())
        out.add("public static var \(name): String { \"\(reason.key)\" }")
      }
    }
  }

  private func list(_ places: [String]) -> String {
    let named = places.prefix(Self.maxPlaces).joined(separator: ", ")
    return places.count > Self.maxPlaces ? named + " and others" : named
  }

  /// The symbols whose comments name a reason, by reason, in the order of the proto files. Only the
  /// package without a namespace is read.
  private func reasons() -> [String: [String]] {
    let own = files.filter { $0.package == names.barePackage }
    let values = Set(own.flatMap(\.allEnums).flatMap(\.values).map(\.name))
    var result: [String: [String]] = [:]
    for file in own {
      for (place, comment) in comments(file) {
        for match in comment.matches(of: #/`([A-Z][A-Z0-9_]*)`/#) {
          let word = String(match.1)
          guard word.contains("_") || Self.singleWords.contains(word), !values.contains(word)
          else { continue }
          if result[word]?.last != place { result[word, default: []].append(place) }
        }
      }
    }
    return result
  }

  private func comments(_ file: ProtoFile) -> [(place: String, comment: String)] {
    var result = [(place: "the rules for every method", comment: file.comment)]
    for service in file.services {
      result.append(("`\(service.name)`", service.comment))
      result += service.methods.map { ("`\($0.name)`", $0.comment) }
    }
    for message in file.allMessages {
      result.append(("``\(names.type(message.fullName))``", message.comment))
      result += message.oneofs.map { ("`\(message.name).\($0.name)`", $0.comment) }
      result += message.fields.map { ("`\(message.name).\($0.name)`", $0.comment) }
    }
    for enumeration in file.allEnums {
      result.append(("``\(names.type(enumeration.fullName))``", enumeration.comment))
      result += enumeration.values.map { ("`\($0.name)`", $0.comment) }
    }
    return result
  }
}
