extension Enrichment {
  /// The rule of one event type, as its entry in the catalogue holds it.
  package struct Rule: Sendable, Hashable {
    /// The condition on which the event creates its customer.
    package let creates: Creation
    /// Fields of the customer that the event sets if they are empty, by their protocol names.
    package let fills: Set<String>
    /// Fields of the customer that the event sets unless a newer value is stored, by their protocol
    /// names.
    package let overwrites: Set<String>
    /// The consent source of marketing flags that come with the event; nil if they are ignored.
    package let flagSource: String?
    /// True if the event changes the statistics of orders when SyncOrder emits it. Recorded by
    /// itself it does not.
    package let changesOrderStats: Bool
    /// The kinds of effects beyond the fields that come with the event.
    package let effects: [EnrichmentEffect.Kind]
    /// All fields of a known customer that the event may set, by their protocol names, without
    /// duplicates. Computed from the other properties.
    package let enriches: [String]

    /// The rule of types that only appear on the timeline.
    package static let none = Rule()

    /// Makes a rule. ``enriches`` has the fields in the order that is given here.
    package init(
      creates: Creation = .never,
      fills: [String] = [],
      overwrites: [String] = [],
      flagSource: String? = nil,
      changesOrderStats: Bool = false,
      effects: [EnrichmentEffect.Kind] = []
    ) {
      self.creates = creates
      self.fills = Set(fills)
      self.overwrites = Set(overwrites)
      self.flagSource = flagSource
      self.changesOrderStats = changesOrderStats
      self.effects = effects
      let flags = Channel.allCases.map(\.flagName) + ["subscriptions"]
      let fields =
        fills + overwrites + (flagSource == nil ? [] : flags) + effects.flatMap(\.fields)
        + (changesOrderStats ? ["order_stats"] : [])
      var seen: Set<String> = []
      enriches = fields.filter { seen.insert($0).inserted }
    }
  }
}
