/// The rules of implicit enrichment: the effect of an event on its customer, beside its entry on
/// the timeline. Each type of the catalogue holds its rule; here rules are looked up. Pure: the
/// caller finds the customer and stores the result.
package enum Enrichment {
  /// The condition on which an event creates an unknown customer.
  package enum Creation: Sendable, Hashable {
    /// The customer must be known.
    case never
    /// An e-mail address or a phone number creates the customer.
    case always
    /// Only an e-mail address creates the customer: reviewers' addresses are confirmed, other
    /// reviewers are anonymous.
    case withEmail
  }

  /// The name that stands for all custom properties of a customer.
  package static let properties = "custom_properties"

  /// Returns the rule of an event type. Types without a rule only appear on the timeline. All types
  /// of third parties have the same rule, whether or not the catalogue has a template of them.
  package static func rule(for type: String, of source: EventSource) -> Rule {
    switch source {
    case .ecommerce: shopRules[type] ?? .none
    case .product: ownRules[type] ?? .none
    case .thirdParty: EventCatalogue.thirdPartyRule
    }
  }

  /// The types of own products that change loyalty statistics.
  package static let loyaltyTypes = ownTypes { if case .loyalty = $0 { true } else { false } }
  /// The types of own products that change review statistics.
  package static let reviewTypes = ownTypes { $0 == .review }

  /// Returns true if the effects of a type depend on the store's own words.
  package static func readsWords(_ type: String, of source: EventSource) -> Bool {
    source == .product && replyTypes.contains(type)
  }

  /// Returns true if events of a type can have effects. Most cannot, and need not be decoded for
  /// it.
  package static func hasEffects(_ type: String, of source: EventSource) -> Bool {
    kinds(of: type, source) != nil
  }

  /// Returns the effects of an event. Properties that are missing or of the wrong kind have none.
  package static func effects(of event: EventFacts) -> [EnrichmentEffect] {
    kinds(of: event.type, event.source)?.flatMap { $0.effects(of: event) } ?? []
  }

  /// Returns the kinds of effects of a type, or nil if it has none.
  private static func kinds(
    of type: String,
    _ source: EventSource
  ) -> [EnrichmentEffect.Kind]? {
    switch source {
    case .ecommerce: shopKinds[type]
    case .product: ownKinds[type]
    case .thirdParty: nil
    }
  }

  private static let shopRules = rules(of: .ecommerce)
  private static let ownRules = rules(of: .product)
  private static let shopKinds = kinds(in: shopRules)
  private static let ownKinds = kinds(in: ownRules)
  /// An array: comparing with its one name is faster than hashing.
  private static let replyTypes = Array(ownTypes { if case .reply = $0 { true } else { false } })

  private static func rules(of source: EventSource) -> [String: Rule] {
    Dictionary(
      EventCatalogue.types(of: source).filter { $0.rule != .none }.map { ($0.name, $0.rule) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  private static func kinds(in rules: [String: Rule]) -> [String: [EnrichmentEffect.Kind]] {
    rules.mapValues(\.effects).filter { !$0.value.isEmpty }
  }

  private static func ownTypes(
    with isMeant: (EnrichmentEffect.Kind) -> Bool
  ) -> Set<String> {
    Set(ownKinds.filter { $0.value.contains(where: isMeant) }.keys)
  }
}
