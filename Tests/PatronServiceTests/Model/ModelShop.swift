/// What a shop should hold, as plainly as it can be said: no indexes, no running figures.
struct ModelShop {
  struct Order: Equatable {
    var currency: String
    var total: Int64
    var refunded: Int64
    var placedAt: Int64
    var isCancelled: Bool
  }

  struct Event: Equatable {
    var number: Int
    var type: String
    var at: Int64
  }

  struct Customer: Equatable {
    var externalID: String?
    var email: String?
    var phone: String?
    var firstName: String?
    var currency: String?
    var acceptsEmail: Bool?
    var isSubscribed: Bool?
    var orders: [String: Order] = [:]
    var events: [String: Event] = [:]
    /// Fields that a caller set or cleared: what happened before then fills them no more.
    var said: Set<WritableKeyPath<Customer, String?>> = []

    /// Sets a field by a caller's own word.
    mutating func say(_ field: WritableKeyPath<Customer, String?>, _ given: String?) {
      guard let given else { return }
      let value = given.isEmpty ? nil : given
      if self[keyPath: field] != value { said.insert(field) }
      self[keyPath: field] = value
    }

    /// Fills a gap by what happened in the past.
    mutating func fill(_ field: WritableKeyPath<Customer, String?>, _ given: String?) {
      guard self[keyPath: field] == nil, !said.contains(field) else { return }
      self[keyPath: field] = given
    }
  }

  /// What a request says of a customer; an empty text clears.
  struct Input {
    var externalID: String?
    var email: String?
    var phone: String?
    var firstName: String?
    var acceptsEmail: Bool?
  }

  /// In the order in which they were made.
  var customers: [Customer] = []
  /// Rows of the consent ledger.
  var ledgerRows = 0
  private var eventCount = 0

  /// What a request leads to: an outcome, or the reason of its refusal.
  enum Answer: Equatable {
    case created, updated, unchanged
    case refused(String)
  }

  private enum Found {
    case nobody
    case one(Int, adopts: Bool)
    case refused(String)
  }

  private func owner(_ isIt: (Customer) -> Bool) -> Int? { customers.firstIndex(where: isIt) }

  private func find(_ input: Input, isOrder: Bool) -> Found {
    let email = input.email.flatMap { $0.isEmpty ? nil : $0 }
    let phone = input.phone.flatMap { $0.isEmpty ? nil : $0 }
    if input.externalID == nil {
      if email == nil && phone == nil { return .refused("IDENTITY_MISSING") }
      if email != nil && phone != nil && !isOrder { return .refused("IDENTITY_AMBIGUOUS") }
    }
    let byExternalID = input.externalID.flatMap { id in owner { $0.externalID == id } }
    let byEmail = email.flatMap { email in owner { $0.email == email } }
    let byPhone = phone.flatMap { phone in owner { $0.phone == phone } }
    guard let found = byExternalID ?? byEmail ?? byPhone else {
      return email == nil && phone == nil ? .refused("CONTACT_REQUIRED") : .nobody
    }
    let adopts = input.externalID != nil && byExternalID == nil
    if adopts, customers[found].externalID != nil { return .refused("IDENTIFIER_CONFLICT") }
    var needsMerge = false
    for other in [byEmail, byPhone].compactMap({ $0 }) where other != found {
      if customers[other].externalID != nil { return .refused("IDENTIFIER_CONFLICT") }
      needsMerge = true
    }
    return needsMerge ? .refused("MERGE_REQUIRED") : .one(found, adopts: adopts)
  }

  /// UpsertCustomer.
  mutating func upsert(_ input: Input) -> Answer {
    var customer = Customer()
    var place: Int?
    switch find(input, isOrder: false) {
    case .refused(let reason): return .refused(reason)
    case .nobody: customer.externalID = input.externalID
    case .one(let index, let adopts):
      place = index
      customer = customers[index]
      if adopts { customer.externalID = input.externalID }
    }
    customer.say(\.email, input.email)
    customer.say(\.phone, input.phone)
    customer.say(\.firstName, input.firstName)
    if customer.email == nil && customer.phone == nil { return .refused("CONTACT_REQUIRED") }
    apply(input.acceptsEmail, to: &customer)
    return keep(customer, at: place)
  }

  private mutating func apply(_ accepts: Bool?, to customer: inout Customer) {
    guard let accepts else { return }
    customer.acceptsEmail = accepts
    if accepts ? customer.isSubscribed == true : customer.isSubscribed != true { return }
    customer.isSubscribed = accepts
    ledgerRows += 1
  }

  private mutating func keep(_ customer: Customer, at place: Int?) -> Answer {
    guard let place else {
      customers.append(customer)
      return .created
    }
    if customers[place] == customer { return .unchanged }
    customers[place] = customer
    return .updated
  }

  /// The customer of an order or an event after it filled the gaps.
  private func filled(_ input: Input, isOrder: Bool) -> (Customer, Int?, String?) {
    var customer = Customer()
    var place: Int?
    switch find(input, isOrder: isOrder) {
    case .refused(let reason): return (customer, nil, reason)
    case .nobody: customer.externalID = input.externalID
    case .one(let index, let adopts):
      place = index
      customer = customers[index]
      if adopts { customer.externalID = input.externalID }
    }
    customer.fill(\.email, input.email)
    customer.fill(\.phone, input.phone)
    customer.fill(\.firstName, input.firstName)
    return (customer, place, nil)
  }

  /// SyncOrder.
  mutating func sync(_ id: String, _ order: Order, of input: Input) -> Answer {
    var (customer, place, reason) = filled(input, isOrder: true)
    if let reason { return .refused(reason) }
    let holder = owner { $0.orders[id] != nil }
    if let holder, customers[holder].orders[id]?.currency != order.currency {
      return .refused("ORDER_CURRENCY_CHANGED")
    }
    if let holder, holder != place { return .refused("ORDER_CUSTOMER_CHANGED") }
    let known = customer.orders[id]
    if known == nil { customer.currency = customer.currency ?? order.currency }
    customer.orders[id] = order
    _ = keep(customer, at: place)
    return known == nil ? .created : known == order ? .unchanged : .updated
  }

  /// RecordEvent.
  mutating func record(_ id: String, _ type: String, at: Int64, of input: Input) -> Answer {
    var (customer, place, reason) = filled(input, isOrder: false)
    if let reason { return .refused(reason) }
    let holder = owner { $0.events[id] != nil }
    if let holder, holder != place { return .refused("EVENT_CUSTOMER_CHANGED") }
    let known = customer.events[id]
    eventCount += known == nil ? 1 : 0
    let event = Event(number: known?.number ?? eventCount, type: type, at: at)
    customer.events[id] = event
    _ = keep(customer, at: place)
    return known == nil ? .created : known == event ? .unchanged : .updated
  }
}
