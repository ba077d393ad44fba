/// The expected content of a shop, in its plainest form: without indexes and running totals.
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
    /// The fields of its customer that the event filled, this time or before.
    var filled: Set<String> = []
  }

  struct Customer: Equatable {
    var externalID: String?
    var email: String?
    var phone: String?
    var firstName: String?
    var currency: String?
    var acceptsEmail: Bool?
    var isSubscribed: Bool?
    /// The position of the last change of consent: a number that grows.
    var consentAt = 0
    var orders: [String: Order] = [:]
    var events: [String: Event] = [:]
    /// The addresses of customers who were merged into this customer.
    var formerEmails: Set<String> = []
    var formerPhones: Set<String> = []

    func answers(email: String) -> Bool { self.email == email || formerEmails.contains(email) }
    func answers(phone: String) -> Bool { self.phone == phone || formerPhones.contains(phone) }
    /// The fields that a caller set or cleared. Earlier facts do not fill them any more.
    var said: Set<WritableKeyPath<Customer, String?>> = []

    /// Sets a field by a caller's statement.
    mutating func say(_ field: WritableKeyPath<Customer, String?>, _ given: String?) {
      guard let given else { return }
      let value = given.isEmpty ? nil : given
      if self[keyPath: field] != value { said.insert(field) }
      self[keyPath: field] = value
    }

    /// Fills a missing field from a past order or event.
    mutating func fill(_ field: WritableKeyPath<Customer, String?>, _ given: String?) {
      guard self[keyPath: field] == nil, !said.contains(field) else { return }
      self[keyPath: field] = given
    }
  }

  /// The data of a request about a customer. An empty text clears.
  struct Input {
    var externalID: String?
    var email: String?
    var phone: String?
    var firstName: String?
    var acceptsEmail: Bool?
  }

  /// The customers, in the order of their creation.
  var customers: [Customer] = []
  /// The number of rows of the consent ledger.
  var ledgerRows = 0
  private var eventCount = 0
  private var consentCount = 0

  /// The result of a request: an outcome, or the reason of its refusal.
  enum Answer: Equatable {
    case created, updated, unchanged, merged
    case refused(String)
  }

  private enum Found {
    case nobody
    case one(Place, adopts: Bool)
    case refused(String)
  }

  /// A customer, and the customers to merge into it.
  private struct Place {
    var index: Int
    var others: [Int] = []

    func has(_ other: Int) -> Bool { other == index || others.contains(other) }
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
    let byEmail = email.flatMap { email in owner { $0.answers(email: email) } }
    let byPhone = phone.flatMap { phone in owner { $0.answers(phone: phone) } }
    guard let found = byExternalID ?? byEmail ?? byPhone else {
      return email == nil && phone == nil ? .refused("CONTACT_REQUIRED") : .nobody
    }
    let adopts = input.externalID != nil && byExternalID == nil
    if adopts, customers[found].externalID != nil { return .refused("IDENTIFIER_CONFLICT") }
    var all: Set = [found]
    for other in [byEmail, byPhone].compactMap({ $0 }) where other != found {
      if customers[other].externalID != nil { return .refused("IDENTIFIER_CONFLICT") }
      all.insert(other)
    }
    // The customer whom the shop knows stays, else the oldest.
    let stays = all.first { customers[$0].externalID != nil } ?? all.min() ?? found
    let others = all.filter { $0 != stays }.sorted()
    return .one(Place(index: stays, others: others), adopts: adopts)
  }

  /// Returns the customer of a place with all that the others bring. `email` is the address that
  /// the customer gets in place of its own.
  private func joined(_ place: Place, taking email: String? = nil) -> (Customer, rows: Int) {
    var customer = customers[place.index]
    var rows = 0
    for other in place.others.map({ customers[$0] }) {
      // An agreement belongs to the kept address, an opt-out to the person.
      let takesEmail = other.email != nil && (customer.email == nil || other.email == email)
      let holder = takesEmail ? other : customer
      let rest = takesEmail ? customer : other
      customer.isSubscribed = holder.isSubscribed
      customer.consentAt = holder.consentAt
      if rest.isSubscribed == false,
        holder.isSubscribed == nil || rest.consentAt > holder.consentAt
      {
        customer.isSubscribed = false
        customer.consentAt = rest.consentAt
        rows += 1
      } else if takesEmail, rest.isSubscribed == true, holder.isSubscribed != true {
        rows += 1
      }
      customer.formerEmails.formUnion(other.formerEmails)
      customer.formerPhones.formUnion(other.formerPhones)
      if let email = other.email, customer.email != nil { customer.formerEmails.insert(email) }
      if let phone = other.phone, customer.phone != nil { customer.formerPhones.insert(phone) }
      customer.email = customer.email ?? other.email
      customer.phone = customer.phone ?? other.phone
      customer.firstName = customer.firstName ?? other.firstName
      customer.currency = customer.currency ?? other.currency
      customer.acceptsEmail = customer.acceptsEmail ?? other.acceptsEmail
      customer.said.formUnion(other.said)
      customer.orders.merge(other.orders) { mine, _ in mine }
      customer.events.merge(other.events) { mine, _ in mine }
    }
    return (customer, rows)
  }

  /// The model of UpsertCustomer.
  mutating func upsert(_ input: Input) -> Answer {
    var input = input
    var customer = Customer()
    var place: Place?
    var rows = 0
    switch find(input, isOrder: false) {
    case .refused(let reason): return .refused(reason)
    case .nobody: customer.externalID = input.externalID
    case .one(let found, let adopts):
      place = found
      (customer, rows) = joined(found, taking: input.externalID == nil ? nil : input.email)
      if adopts { customer.externalID = input.externalID }
    }
    // An alias identifies the customer and changes nothing by itself.
    if input.externalID == nil, let email = input.email, let known = customer.email,
      email != known, customer.formerEmails.contains(email)
    {
      input.email = nil
      if input.acceptsEmail == true { input.acceptsEmail = nil }
    }
    if input.externalID == nil, let phone = input.phone, let known = customer.phone,
      phone != known, customer.formerPhones.contains(phone)
    {
      input.phone = nil
    }
    // The address of a merged record comes with its consent.
    let isTaken =
      input.email != nil && place?.others.contains { customers[$0].email == input.email } ?? false
    let address = isTaken && input.externalID != nil ? input.email : customer.email
    customer.say(\.email, input.email)
    customer.say(\.phone, input.phone)
    customer.say(\.firstName, input.firstName)
    rows += leave(address, of: &customer)
    if customer.email == nil && customer.phone == nil { return .refused("CONTACT_REQUIRED") }
    apply(input.acceptsEmail, to: &customer)
    ledgerRows += rows
    return keep(customer, at: place)
  }

  /// Ends an agreement with its address. Returns the number of ledger rows that record it.
  private func leave(_ address: String?, of customer: inout Customer) -> Int {
    guard customer.email != address, customer.isSubscribed == true else { return 0 }
    customer.isSubscribed = nil
    return 1
  }

  private mutating func apply(_ accepts: Bool?, to customer: inout Customer) {
    guard let accepts else { return }
    customer.acceptsEmail = accepts
    if accepts ? customer.isSubscribed == true : customer.isSubscribed != true { return }
    customer.isSubscribed = accepts
    consentCount += 1
    customer.consentAt = consentCount
    ledgerRows += 1
  }

  private mutating func keep(_ customer: Customer, at place: Place?) -> Answer {
    var customer = customer
    if let email = customer.email { customer.formerEmails.remove(email) }
    if let phone = customer.phone { customer.formerPhones.remove(phone) }
    guard let place else {
      customers.append(customer)
      return .created
    }
    let isSame = customers[place.index] == customer
    customers[place.index] = customer
    for other in place.others.sorted(by: >) { customers.remove(at: other) }
    return !place.others.isEmpty ? .merged : isSame ? .unchanged : .updated
  }

  /// Returns the customer of an order or an event after its gaps are filled.
  private func filled(_ given: Input, isOrder: Bool) -> Filled {
    let named = leavingStrangersPhone(given, isOrder: isOrder)
    let input = isOrder ? named : leavingOthers(named)
    var customer = Customer()
    var place: Place?
    var rows = 0
    var known: Customer?
    switch find(input, isOrder: isOrder) {
    case .refused(let reason): return Filled(customer: customer, reason: reason)
    case .nobody: customer.externalID = input.externalID
    case .one(let found, let adopts):
      place = found
      (customer, rows) = joined(found)
      known = customer
      if adopts { customer.externalID = input.externalID }
    }
    let before = customer
    customer.fill(\.email, input.email)
    customer.fill(\.phone, input.phone)
    customer.fill(\.firstName, input.firstName)
    rows += leave(before.email, of: &customer)
    var result = Filled(customer: customer, place: place, rows: rows)
    if customer.externalID != known?.externalID { result.fields.insert("external_id") }
    if customer.email != before.email { result.fields.insert("email") }
    if customer.phone != before.phone { result.fields.insert("phone_number") }
    if customer.firstName != before.firstName { result.fields.insert("first_name") }
    return result
  }

  /// Leaves out a phone number whose owner has another e-mail address; for an order or an event
  /// also a guest's number that belongs to a known customer.
  private func leavingStrangersPhone(_ given: Input, isOrder: Bool) -> Input {
    guard let phone = given.phone, let place = owner({ $0.answers(phone: phone) }),
      isOrder || given.externalID != nil || given.email == nil
    else { return given }
    let byID = given.externalID.flatMap { id in owner { $0.externalID == id } }
    let byEmail = given.email.flatMap { email in owner { $0.answers(email: email) } }
    if byID == place || byEmail == place { return given }
    let found = (byID ?? byEmail).map { customers[$0] }
    var left = given
    left.phone = nil
    if let email = given.email ?? found?.email, let other = customers[place].email, other != email {
      return left
    }
    let isGuest = given.externalID == nil && given.email != nil
    return isGuest && found != nil && customers[place].externalID != nil ? left : given
  }

  /// Leaves out addresses of other customers whom the shop knows, unless the event would identify
  /// no customer without them.
  private func leavingOthers(_ given: Input) -> Input {
    guard let id = given.externalID else { return given }
    let known = owner { $0.externalID == id }
    func isOthers(_ place: Int?) -> Bool {
      place.map { $0 != known && customers[$0].externalID != nil } ?? false
    }
    var left = given
    if let email = given.email, isOthers(owner { $0.answers(email: email) }) { left.email = nil }
    if let phone = given.phone, isOthers(owner { $0.answers(phone: phone) }) { left.phone = nil }
    return known == nil && left.email == nil && left.phone == nil ? given : left
  }

  private struct Filled {
    var customer: Customer
    var place: Place?
    var rows = 0
    var fields: Set<String> = []
    var reason: String?
  }

  /// The model of SyncOrder.
  mutating func sync(_ id: String, _ order: Order, of input: Input) -> Answer {
    let filled = filled(input, isOrder: true)
    if let reason = filled.reason { return .refused(reason) }
    var customer = filled.customer
    let holder = owner { $0.orders[id] != nil }
    var known = customer.orders[id]
    if let holder, filled.place?.has(holder) != true {
      // A guest's order follows the address. The order of a customer whom the shop knows follows
      // the shop's statement.
      if input.externalID == nil, customers[holder].externalID != nil {
        return .refused("ORDER_CUSTOMER_CHANGED")
      }
      known = customers[holder].orders.removeValue(forKey: id)
    }
    let hasMoved = known != nil && customer.orders[id] == nil
    if known == nil { customer.currency = customer.currency ?? order.currency }
    customer.orders[id] = order
    ledgerRows += filled.rows
    _ = keep(customer, at: filled.place)
    return known == nil ? .created : known == order && !hasMoved ? .unchanged : .updated
  }

  /// The model of RecordEvent.
  mutating func record(_ id: String, _ type: String, at: Int64, of input: Input) -> Answer {
    let filled = filled(input, isOrder: false)
    if let reason = filled.reason { return .refused(reason) }
    var customer = filled.customer
    let holder = owner { $0.events[id] != nil }
    if let holder, filled.place?.has(holder) != true { return .refused("EVENT_CUSTOMER_CHANGED") }
    let known = customer.events[id]
    eventCount += known == nil ? 1 : 0
    var event = Event(number: known?.number ?? eventCount, type: type, at: at)
    event.filled = filled.fields.union(known?.filled ?? [])
    customer.events[id] = event
    ledgerRows += filled.rows
    _ = keep(customer, at: filled.place)
    return known == nil ? .created : known == event ? .unchanged : .updated
  }
}
