package import PatronModel
package import PatronProto

extension Violations {
  /// A collection that treats secondary values as a request says, or as the method does where the
  /// request leaves it open.
  package init(_ given: InvalidFields, unspecified: InvalidFields) {
    let policy = given == .unspecified ? unspecified : given
    self.init(dropsSecondary: policy == .drop)
    checkKnown("invalid_fields", given.rawValue, InvalidFields.drop.rawValue)
  }
}
