internal import PatronModel
package import PatronProto
internal import ProtobufC

/// An event as evidence of an agreement or an opt-out: its author, place and method.
struct EventEvidence {
  private let event: Event
  /// The parts of the event that fit a ledger.
  let checked: CheckedEvidence
  /// The source of the consent that the event names; nil when it names none.
  let namedSource: String?
  /// Warnings about the parts of the event that do not fit and were left out.
  let warnings: [Warning]

  /// Reads an event. A part that does not fit leaves the others standing: the proof of an opt-out
  /// or an agreement must not be lost because the name of a form is too long.
  init(_ event: Event, at now: Int64) {
    self.event = event
    var given = ConsentEvidence.with {
      $0.source = event.text("source")
      $0.note = Self.note(of: event)
      $0.method = Self.method(of: event)
      $0.formID = event.text("form_id")
      $0.ip = event.context?.ip ?? ""
      $0.userAgent = event.context?.userAgent ?? ""
      $0.pageURL = event.context?.url ?? ""
    }
    var isNamed = !given.source.isEmpty
    if !isNamed { given.source = Self.unnamed }
    var violations = Violations()
    var checked = CheckedEvidence(given, now: now, &violations)
    for violation in violations.errors {
      switch violation.path {
      case "evidence.source":
        given.source = Self.unnamed
        isNamed = false
      case "evidence.form_id": given.formID = ""
      case "evidence.ip": given.ip = ""
      case "evidence.user_agent": given.userAgent = ""
      default: given.pageURL = ""
      }
    }
    if !violations.isEmpty {
      var none = Violations()
      checked = CheckedEvidence(given, now: now, &none)
    }
    self.checked = checked
    namedSource = isNamed ? checked.source : nil
    warnings = violations.errors.map(Warning.leftOut)
  }

  private static let unnamed = "event"

  /// The evidence that the ledger keeps.
  var evidence: ConsentEvidence { checked.evidence }

  /// Returns the statement that the event makes.
  func statement(at time: Int64) -> ConsentStatement {
    ConsentStatement(at: time, actor: actor, source: checked.source)
  }

  /// The author of the statement. Complaints and replies are always the customer's. An unknown word
  /// counts as the operator for an agreement, but as the customer for an opt-out.
  var actor: ConsentActor {
    if event.type == "email_marked_spam" || event.type == "sms_received" { return .customer }
    switch event.text("actor").lowercased() {
    case "customer": return .customer
    case "operator": return .operator
    case "platform": return .platform
    case "system": return .system
    case "": return ConsentActor(rawValue: Int(event.actor.rawValue)) ?? .customer
    default: return Self.agreements.contains(where: event.type.hasSuffix) ? .operator : .customer
    }
  }

  private static let agreements = ["_subscribed", "_opt_in_requested", "_opt_in_confirmed"]

  /// Returns the parts of the event that a suppression keeps.
  func cause(_ reason: PatronModel.SuppressionReason, at time: Int64) -> SuppressionCause {
    SuppressionCause(
      at: time,
      actor: reason == .spamComplaint ? .customer : .system,
      source: event.type,
      note: Self.note(of: event)
    )
  }

  private static func note(of event: Event) -> String {
    String("event \(event.eventID)".unicodeScalars.prefix(255))
  }

  private static func method(of event: Event) -> ConsentMethod {
    if event.type == "sms_received" { return .keyword }
    switch event.text("method").lowercased() {
    case "form": return .form
    case "checkout": return .checkout
    case "keyword": return .keyword
    case "phone": return .phone
    case "paper": return .paper
    case "preference_page", "link": return .preferencePage
    case "api": return .api
    default:
      if !event.text("keyword").isEmpty { return .keyword }
      return event.text("form_id").isEmpty ? .other : .form
    }
  }
}

extension Warning {
  /// Warns of a part of an event that no ledger keeps.
  fileprivate static func leftOut(_ violation: Violation) -> Warning {
    let name = violation.path.split(separator: ".").last ?? ""
    let place = ["source", "form_id"].contains(name) ? "properties" : "context"
    return .with {
      $0.reason = violation.error.reason
      $0.field = "event.\(place).\(name == "page_url" ? "url" : name)"
      $0.message = "It was left out of the evidence. \(violation.error.message)"
    }
  }
}

extension Event {
  /// Returns a property that is text, or an empty string when there is none.
  package func text(_ name: String) -> String {
    guard case .stringValue(let text) = properties[name]?.kind else { return "" }
    return text
  }
}
