internal import DequeModule

/// A queue that divides its service among stores, and the share of each store among its
/// connections. The jobs of one connection keep their order.
///
/// Both levels are a deficit round robin: at its turn a flow gets a quantum of credit, and it is
/// served until it has used its credit up. The job that uses it up may cost more than is left; the
/// flow then owes the rest, also while it has no jobs, and passes turns until it is paid. Two
/// stores that both have jobs are so served alike, to within a quantum and the cost of one job.
/// Debts are forgiven when the queue is empty.
///
/// A store that had no jobs need not wait for its turn while what it has waiting is little: it goes
/// ahead of the turns, on the credit of its next one.
///
/// Operations take constant time, `remove(where:)` linear time. Flows without jobs are forgotten at
/// their next turn.
struct FairQueue<Job> {
  private var tenants: [Tenant] = []
  private var connections: [Connection] = []
  private var tenantsByName: [String: Int] = [:]
  private var connectionsByKey: [ConnectionKey: Int] = [:]
  private var freeTenants: [Int] = []
  private var freeConnections: [Int] = []
  /// The stores in the order of their turns.
  private var turns = Ring()
  /// Stores that may go ahead of the turns, in the order of their jobs. Some may no longer.
  private var ahead = Deque<Int>()
  /// The connection of the latest job, so that the next job of it needs no look-up.
  private var recent = Ring.none
  private let quantum: Int
  private let maxCostAhead: Int

  /// Jobs that wait.
  private(set) var count = 0
  /// Cost of all jobs that wait.
  private(set) var cost = 0
  /// Stores with jobs that wait.
  private(set) var storeCount = 0

  /// Makes an empty queue. `quantum` is the credit of a turn, in units of cost, at least 1. A store
  /// goes ahead of the turns while its jobs cost no more than `maxCostAhead`, at most a quantum.
  init(quantum: Int, maxCostAhead: Int = 0) {
    precondition(quantum > 0, "a turn needs a credit")
    precondition(maxCostAhead <= quantum, "a store would go ahead with more than a turn")
    self.quantum = quantum
    self.maxCostAhead = maxCostAhead
  }

  var isEmpty: Bool { count == 0 }

  /// Appends a job to its flow. A cost below 1 counts as 1.
  mutating func append(_ job: Job, flow: Flow, cost: Int) {
    let cost = max(cost, 1)
    let place = connection(of: flow)
    connections[place].append(Entry(job: job, cost: cost))
    let tenant = connections[place].tenant
    if connections[place].next == Ring.outside { tenants[tenant].turns.append(place, &connections) }
    if tenants[tenant].next == Ring.outside { turns.append(tenant, &tenants) }
    if tenants[tenant].count == 0 {
      storeCount += 1
      if cost <= maxCostAhead { letAhead(tenant) }
    }
    tenants[tenant].count += 1
    tenants[tenant].cost += cost
    count += 1
    self.cost += cost
  }

  /// True if the next job is of a store that goes ahead of the turns.
  var hasJobAhead: Bool {
    mutating get { storeAhead() != nil }
  }

  /// Stores with jobs that wait for their turns.
  var turnStoreCount: Int {
    storeCount - ahead.count { goesAhead($0) }
  }

  /// Removes and returns the job whose turn it is.
  mutating func popFirst() -> Job? { popFirst(ifCosts: .max) }

  /// Removes and returns the job whose turn it is if it costs no more than `limit`.
  mutating func popFirst(ifCosts limit: Int) -> Job? {
    guard count > 0 else { return nil }
    let tenant = storeAhead() ?? nextTenant()
    let place = nextConnection(of: tenant)
    guard connections[place].jobs[0].cost <= limit else { return nil }
    let entry = connections[place].jobs.removeFirst()
    noteRemoval(of: entry.cost, tenant)
    connections[place].credit -= entry.cost
    if connections[place].credit <= 0 { tenants[tenant].turns.pass(&connections, quantum) }
    tenants[tenant].credit -= entry.cost
    // A store that went ahead passes when its turn comes.
    if tenants[tenant].credit <= 0, turns.first == tenant { turns.pass(&tenants, quantum) }
    if count == 0 { forgive() }
    return entry.job
  }

  /// Removes and returns all jobs for which `isMeant` is true, in the order of each connection.
  mutating func remove(where isMeant: (Job) -> Bool) -> [Job] {
    var removed: [Job] = []
    for place in connections.indices
    where connections[place].jobs.contains(where: { isMeant($0.job) }) {
      let jobs = connections[place].jobs
      connections[place].jobs = Deque()
      for entry in jobs {
        if isMeant(entry.job) {
          removed.append(entry.job)
          noteRemoval(of: entry.cost, connections[place].tenant)
        } else {
          connections[place].jobs.append(entry)
        }
      }
    }
    if count == 0 { forgive() }
    return removed
  }

  /// Calls `body` with every job that waits, in no particular order.
  func forEach(_ body: (Job) -> Void) {
    for connection in connections { for entry in connection.jobs { body(entry.job) } }
  }

  /// Jobs of a store that wait.
  func count(of store: String) -> Int { tenantsByName[store].map { tenants[$0].count } ?? 0 }

  /// Cost of a store's jobs that wait.
  func cost(of store: String) -> Int { tenantsByName[store].map { tenants[$0].cost } ?? 0 }

  private mutating func noteRemoval(of cost: Int, _ tenant: Int) {
    tenants[tenant].count -= 1
    tenants[tenant].cost -= cost
    if tenants[tenant].count == 0 { storeCount -= 1 }
    count -= 1
    self.cost -= cost
  }
}

extension FairQueue: Sendable where Job: Sendable {}
extension FairQueue.Connection: Sendable where Job: Sendable {}
extension FairQueue.Entry: Sendable where Job: Sendable {}

/// The origin of a job: a connection of a store.
struct Flow: Sendable, Hashable {
  /// Name of the store; empty for the server's own work.
  let store: String
  /// Number of the connection.
  let connection: UInt64
}

// MARK: - Flows

extension FairQueue {
  fileprivate struct Entry {
    let job: Job
    let cost: Int
  }

  fileprivate struct ConnectionKey: Hashable {
    let tenant: Int
    let number: UInt64
  }

  fileprivate struct Connection: Turn {
    /// Place of the store; none for a free place.
    var tenant: Int
    var number: UInt64
    var jobs = Deque<Entry>()
    /// Maximum number of jobs since the connection came.
    var peak = 0
    var credit: Int
    var next = Ring.outside

    mutating func append(_ entry: Entry) {
      jobs.append(entry)
      peak = max(peak, jobs.count)
    }
  }

  fileprivate struct Tenant: Turn {
    var name: String
    var count = 0
    var cost = 0
    /// The connections in the order of their turns.
    var turns = Ring()
    var credit: Int
    var next = Ring.outside
    /// True if the store may go ahead of the turns.
    var isAhead = false
  }

  /// Returns the place of a flow's connection, a new one if the flow is not known.
  private mutating func connection(of flow: Flow) -> Int {
    if recent != Ring.none, connections[recent].number == flow.connection,
      connections[recent].tenant != Ring.none,
      tenants[connections[recent].tenant].name == flow.store
    {
      return recent
    }
    let tenant = tenantsByName[flow.store] ?? addTenant(flow.store)
    let key = ConnectionKey(tenant: tenant, number: flow.connection)
    recent = connectionsByKey[key] ?? addConnection(key)
    return recent
  }

  private mutating func addTenant(_ name: String) -> Int {
    let tenant = Tenant(name: name, credit: quantum)
    let place = freeTenants.popLast() ?? tenants.count
    if place == tenants.count { tenants.append(tenant) } else { tenants[place] = tenant }
    tenantsByName[name] = place
    return place
  }

  private mutating func addConnection(_ key: ConnectionKey) -> Int {
    let connection = Connection(tenant: key.tenant, number: key.number, credit: quantum)
    let place = freeConnections.popLast() ?? connections.count
    if place == connections.count {
      connections.append(connection)
    } else {
      connections[place] = connection
    }
    connectionsByKey[key] = place
    return place
  }

  /// Lets a store without jobs, which gets one, go ahead of the turns if it owes nothing.
  private mutating func letAhead(_ tenant: Int) {
    guard tenants[tenant].credit > 0, !tenants[tenant].isAhead else { return }
    tenants[tenant].isAhead = true
    ahead.append(tenant)
  }

  /// Returns the store that goes ahead of the turns; nil if none does. Strikes out those that have
  /// used their credit up, or have no jobs or too many by now.
  private mutating func storeAhead() -> Int? {
    while let first = ahead.first {
      if goesAhead(first) { return first }
      tenants[first].isAhead = false
      ahead.removeFirst()
    }
    return nil
  }

  private func goesAhead(_ tenant: Int) -> Bool {
    let tenant = tenants[tenant]
    return tenant.isAhead && tenant.count > 0 && tenant.credit > 0 && tenant.cost <= maxCostAhead
  }

  /// Returns the store whose turn it is. There must be a job.
  private mutating func nextTenant() -> Int {
    while true {
      let first = turns.first
      if tenants[first].credit <= 0 {
        turns.pass(&tenants, quantum)
      } else if tenants[first].count > 0 {
        return first
      } else {
        turns.removeFirst(&tenants)
        while tenants[first].turns.first != Ring.none { forgetConnection(of: first) }
        tenantsByName[tenants[first].name] = nil
        freeTenants.append(first)
      }
    }
  }

  /// Returns the connection whose turn it is in a store that has a job.
  private mutating func nextConnection(of tenant: Int) -> Int {
    while true {
      let first = tenants[tenant].turns.first
      if connections[first].credit <= 0 {
        tenants[tenant].turns.pass(&connections, quantum)
      } else if !connections[first].jobs.isEmpty {
        return first
      } else {
        forgetConnection(of: tenant)
      }
    }
  }

  /// Forgets the first connection of a store, which has no jobs.
  private mutating func forgetConnection(of tenant: Int) {
    let place = tenants[tenant].turns.removeFirst(&connections)
    let number = connections[place].number
    connectionsByKey[ConnectionKey(tenant: tenant, number: number)] = nil
    connections[place] = Connection(tenant: Ring.none, number: 0, credit: 0)
    freeConnections.append(place)
  }

  /// Maximum number of flows whose memory an empty queue keeps, so that the usual few connections
  /// need no allocation.
  private static var maxKeptFlows: Int { 64 }
  /// Maximum number of jobs for which a kept flow has room.
  private static var maxKeptJobs: Int { 128 }

  /// Forgives all debts of an empty queue, so that turns come in the order of the next jobs, and
  /// releases the memory of many or long flows.
  private mutating func forgive() {
    guard connections.count <= Self.maxKeptFlows, tenants.count <= Self.maxKeptFlows else {
      self = FairQueue(quantum: quantum, maxCostAhead: maxCostAhead)
      return
    }
    turns = Ring()
    ahead.removeAll(keepingCapacity: true)
    for place in tenants.indices {
      tenants[place].turns = Ring()
      tenants[place].credit = quantum
      tenants[place].next = Ring.outside
      tenants[place].isAhead = false
    }
    for place in connections.indices {
      connections[place].credit = quantum
      connections[place].next = Ring.outside
      if connections[place].peak > Self.maxKeptJobs { connections[place].jobs = Deque() }
      connections[place].peak = 0
    }
  }
}

// MARK: - Turns

/// A member of a ring, with its credit.
private protocol Turn {
  /// Cost that the member may still use in its turn; negative if it owes.
  var credit: Int { get set }
  /// Place of the member that follows in the ring.
  var next: Int { get set }
}

/// The members of an array that take turns, as a list of their places.
private struct Ring {
  static let none = -1
  /// The place after a member that is in no ring.
  static let outside = -2

  private(set) var first = none
  private var last = none

  mutating func append(_ place: Int, _ members: inout [some Turn]) {
    members[place].next = Ring.none
    if last == Ring.none { first = place } else { members[last].next = place }
    last = place
  }

  @discardableResult
  mutating func removeFirst(_ members: inout [some Turn]) -> Int {
    let place = first
    first = members[place].next
    if first == Ring.none { last = Ring.none }
    return place
  }

  /// Ends the turn of the first member and gives it the credit of its next turn. A lone member owes
  /// nobody.
  mutating func pass(_ members: inout [some Turn], _ quantum: Int) {
    guard first != last else { return members[first].credit = quantum }
    members[first].credit += quantum
    append(removeFirst(&members), &members)
  }
}
