internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// Tags to add and to remove. Spellings that differ only in case are the same tag.
package struct TagEdit: Sendable {
  private var added: [String]
  private var removed: Set<String>

  /// Reads comma-separated tags.
  ///
  /// - Throws: `TAGS_MISSING` if there are none, `TAG_IN_BOTH` if a tag is to be added and removed,
  ///   and the violations of ``TagSet``.
  package init(add: String, remove: String) throws {
    var violations = Violations()
    func tags(_ field: String, _ text: String) -> [String] {
      violations.check(field) { () throws(RuleError) in
        try TagSet(commaSeparated: text).tags
      } ?? []
    }
    added = tags("add", add)
    removed = Set(tags("remove", remove).map(TagSet.key))
    try violations.finish()
    guard !added.isEmpty || !removed.isEmpty else {
      throw DomainError.invalid(
        "add",
        "TAGS_MISSING",
        "No tags are given: name some in add, in remove, or in both."
      )
    }
    guard !added.contains(where: { removed.contains(TagSet.key($0)) }) else {
      throw DomainError.invalid(
        "remove",
        "TAG_IN_BOTH",
        "A tag is to be added and removed: leave it out of one of them."
      )
    }
  }

  /// Returns the edit of a customer's tags. An existing tag keeps its spelling and its position.
  ///
  /// - Throws: `TAGS_TOO_MANY`.
  package func applied(to tags: String?) throws -> FieldEdit<String> {
    let old = (tags ?? "").split(separator: ",").map(String.init)
    var new = old.filter { !removed.contains(TagSet.key($0)) }
    let known = Set(new.map(TagSet.key))
    new += added.filter { !known.contains(TagSet.key($0)) }
    if new == old { return .leave }
    if new.isEmpty { return .clear }
    do throws(RuleError) {
      return .set(try TagSet(new).commaSeparated)
    } catch {
      throw DomainError.invalid([Violation(path: "add", error: error)])
    }
  }
}
