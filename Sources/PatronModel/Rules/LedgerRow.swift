/// The ledger row of one change, as far as the rules know it. The caller adds ids, channel, topic
/// and the rest of the evidence.
package struct LedgerRow: Sendable, Hashable {
  /// The kind of change.
  package var action: ConsentAction
  /// The state before the change.
  package var previousState: ConsentState
  /// The state after the change. Equal to the previous state if only its certainty grew.
  package var newState: ConsentState
  /// The time of the change, by its evidence.
  package var occurredAt: Micros
  /// The actor of the change.
  package var actor: ConsentActor
  /// The place of collection.
  package var source: String?
  /// The certainty that the agreement is the address owner's own.
  package var optInLevel: OptInLevel

  package init(
    action: ConsentAction,
    previousState: ConsentState,
    newState: ConsentState,
    occurredAt: Micros,
    actor: ConsentActor,
    source: String?,
    optInLevel: OptInLevel
  ) {
    self.action = action
    self.previousState = previousState
    self.newState = newState
    self.occurredAt = occurredAt
    self.actor = actor
    self.source = source
    self.optInLevel = optInLevel
  }

  /// True if the state itself changed, so that the change belongs on the timeline.
  package var changesState: Bool { previousState != newState }
}
