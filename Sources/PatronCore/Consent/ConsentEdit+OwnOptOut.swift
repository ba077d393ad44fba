package import PatronModel
internal import PatronProto
internal import PatronStore

extension ConsentEdit {
  /// Lifts the suppressions that a customer's own agreement at `at`, in microseconds since 1970,
  /// ends. Only an agreement to marketing does that: an agreement to a narrower topic does not mean
  /// that the customer wants all messages again.
  package mutating func liftOwn(
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ address: String,
    _ at: Int64,
    _ evidence: CheckedEvidence
  ) throws {
    guard topic == .marketing else { return }
    let statement = ConsentStatement(at: at, actor: .customer, source: evidence.source)
    let cause = SuppressionCause(
      at: at,
      actor: .customer,
      source: evidence.source ?? "",
      note: evidence.evidence.note,
      evidence: evidence.evidence
    )
    try lift(channel, address, cause) {
      !ConsentRules.liftedSuppressions(by: statement, of: [$0]).isEmpty
    }
  }
}
