package import PatronModel
package import PatronProto

extension Violations {
  /// Creates a collection that treats secondary values as the request says, or as `unspecified` if
  /// the request does not say.
  package init(_ given: InvalidFields, unspecified: InvalidFields) {
    let policy = given == .unspecified ? unspecified : given
    self.init(dropsSecondary: policy == .drop)
    checkKnown("invalid_fields", given.rawValue, InvalidFields.drop.rawValue)
  }
}
