import TestKit
import Testing

@testable import PatronStore

@Suite("Fair queue")
struct FairQueueTests {
  private struct Job: Equatable {
    var flow: Flow
    var number: Int
    var cost: Int
  }

  private static func flow(_ store: String, _ connection: UInt64 = 1) -> Flow {
    Flow(store: store, connection: connection)
  }

  private func pop(_ queue: inout FairQueue<Job>, _ count: Int) -> [Job] {
    (0..<count).compactMap { _ in queue.popFirst() }
  }

  @Test func aLoneConnectionIsServedInOrder() {
    var queue = FairQueue<Int>(quantum: 4)
    #expect(queue.popFirst() == nil)
    for round in 0..<3 {
      for number in 0..<500 { queue.append(number, flow: Self.flow("a"), cost: number % 9 + round) }
      #expect(queue.count == 500 && queue.storeCount == 1 && queue.count(of: "a") == 500)
      var taken: [Int] = []
      while let number = queue.popFirst() { taken.append(number) }
      #expect(taken == Array(0..<500))
      #expect(queue.isEmpty && queue.cost == 0 && queue.storeCount == 0)
    }
  }

  @Test func aSmallStoreNeedNotWaitForALargeOne() {
    var queue = FairQueue<Job>(quantum: 10)
    for number in 0..<1000 {
      let job = Job(flow: Self.flow("large", UInt64(number % 7)), number: number, cost: 1)
      queue.append(job, flow: job.flow, cost: 1)
    }
    _ = pop(&queue, 25)
    let small = Job(flow: Self.flow("small"), number: 0, cost: 1)
    queue.append(small, flow: small.flow, cost: 1)
    #expect(queue.count(of: "large") == 975 && queue.count(of: "small") == 1)
    #expect(queue.storeCount == 2)
    let place = pop(&queue, 976).firstIndex(of: small)
    #expect((place ?? .max) <= 10)
  }

  /// Its jobs count against its turn: when the credit of one is used up, it waits.
  @Test func aStoreWithFewJobsGoesAheadOnTheCreditOfItsTurn() {
    var queue = FairQueue<Job>(quantum: 10, maxCostAhead: 4)
    for number in 0..<100 {
      let job = Job(flow: Self.flow("large"), number: number, cost: 1)
      queue.append(job, flow: job.flow, cost: 1)
    }
    _ = pop(&queue, 3)
    var owner: [String] = []
    for number in 0..<11 {
      let small = Job(flow: Self.flow("small"), number: number, cost: 1)
      queue.append(small, flow: small.flow, cost: 1)
      let isAhead = queue.hasJobAhead
      #expect(isAhead == (number < 10))
      owner += pop(&queue, 1).map(\.flow.store)
    }
    #expect(owner == Array(repeating: "small", count: 10) + ["large"])
    // The rest of the turn of the large store, and one for the turn that the other has had.
    let later = pop(&queue, 17)
    #expect(later.firstIndex { $0.flow.store == "small" } == 16)
    // Five at once are not few.
    for number in 0..<5 {
      let more = Job(flow: Self.flow("more"), number: number, cost: 1)
      queue.append(more, flow: more.flow, cost: 1)
    }
    let isAhead = queue.hasJobAhead
    #expect(!isAhead)
    let next = queue.popFirst()
    #expect(next?.flow.store == "large")
  }

  @Test func connectionsShareTheTurnsOfTheirStore() {
    var queue = FairQueue<Job>(quantum: 1)
    for (store, connection) in [("a", 1), ("a", 2), ("a", 3), ("b", 1)] {
      for number in 0..<60 {
        let job = Job(flow: Self.flow(store, UInt64(connection)), number: number, cost: 1)
        queue.append(job, flow: job.flow, cost: 1)
      }
    }
    let taken = pop(&queue, 120)
    #expect(taken.count { $0.flow == Self.flow("b") } == 60)
    for connection in 1...3 {
      #expect(taken.count { $0.flow == Self.flow("a", UInt64(connection)) } == 20)
    }
  }

  /// A store whose costly jobs come one by one owes their cost while it has none.
  @Test func aStoreThatOwesPassesItsTurns() {
    var queue = FairQueue<Job>(quantum: 10)
    for number in 0..<400 {
      let job = Job(flow: Self.flow("singles"), number: number, cost: 1)
      queue.append(job, flow: job.flow, cost: 1)
    }
    var costs = ["singles": 0, "pieces": 0]
    for number in 0..<300 {
      if queue.count(of: "pieces") == 0 {
        let piece = Job(flow: Self.flow("pieces"), number: number, cost: 100)
        queue.append(piece, flow: piece.flow, cost: 100)
      }
      guard let job = queue.popFirst() else { break }
      costs[job.flow.store, default: 0] += job.cost
    }
    let (one, other) = (costs["singles"] ?? 0, costs["pieces"] ?? 0)
    #expect(abs(one - other) <= 110, "\(one) and \(other)")
  }

  @Test func afterARestTurnsComeInTheOrderOfTheJobs() {
    var queue = FairQueue<Int>(quantum: 10)
    queue.append(1, flow: Self.flow("a"), cost: 100)
    queue.append(2, flow: Self.flow("b"), cost: 1)
    #expect(queue.popFirst() == 1)
    #expect(queue.popFirst() == 2)
    queue.append(3, flow: Self.flow("b"), cost: 1)
    queue.append(4, flow: Self.flow("a", 2), cost: 100)
    queue.append(5, flow: Self.flow("a"), cost: 100)
    queue.append(6, flow: Self.flow("b"), cost: 1)
    var taken: [Int] = []
    while let number = queue.popFirst() { taken.append(number) }
    #expect(taken == [3, 6, 4, 5])
  }

  @Test func aJobBeyondTheLimitStays() {
    var queue = FairQueue<Int>(quantum: 10)
    queue.append(1, flow: Self.flow("a"), cost: 50)
    #expect(queue.popFirst(ifCosts: 49) == nil)
    #expect(queue.count == 1 && queue.cost == 50)
    #expect(queue.popFirst(ifCosts: 50) == 1)
  }

  @Test func removedJobsAreGoneAndOthersKeepTheirOrder() {
    var queue = FairQueue<Int>(quantum: 3)
    for number in 0..<100 {
      queue.append(number, flow: Self.flow(number % 2 == 0 ? "a" : "b"), cost: number)
    }
    let quarter = queue.remove { $0 % 4 == 0 }
    #expect(quarter == Array(stride(from: 0, to: 100, by: 4)))
    #expect(queue.count == 75 && queue.count(of: "a") == 25 && queue.count(of: "b") == 50)
    let even = queue.remove { $0 % 2 == 0 }
    #expect(even.count == 25)
    #expect(queue.storeCount == 1 && queue.cost == queue.cost(of: "b"))
    var odd: [Int] = []
    while let number = queue.popFirst() { odd.append(number) }
    #expect(odd == Array(stride(from: 1, to: 100, by: 2)))
    queue.append(7, flow: Self.flow("a"), cost: 1)
    let all = queue.remove { _ in true }
    #expect(all == [7])
    #expect(queue.isEmpty && queue.storeCount == 0)
  }

  /// A queue of every job by its flow, which says what may come next.
  private struct Model {
    var jobs: [Flow: [Job]] = [:]

    func isBacklogged(_ store: String) -> Bool {
      jobs.contains { $0.key.store == store && !$0.value.isEmpty }
    }
  }

  /// Random jobs come and go. Each job that is taken is the first of its connection, all are taken
  /// in the end, and two stores get the same service, to within the bound of the queue, in every
  /// stretch of time in which both have jobs.
  @Test(arguments: SeededRandom.seeds(1...6))
  func servesStoresAlike(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let quantum = Int.random(in: 1...40, using: &random)
    let maxCost = Int.random(in: 1...120, using: &random)
    let stores = (0..<Int.random(in: 2...5, using: &random)).map { "s\($0)" }
    let maxCostAhead = Bool.random(using: &random) ? 0 : Int.random(in: 0...quantum, using: &random)
    var queue = FairQueue<Job>(quantum: quantum, maxCostAhead: maxCostAhead)
    var model = Model()
    var number = 0
    var service: [String: Int] = [:]
    /// The least and the greatest lead of the first store since both of a pair have jobs.
    var leads: [[String]: ClosedRange<Int>] = [:]

    var widest = 0

    func put() {
      let store = stores.randomElement(using: &random) ?? ""
      let flow = Self.flow(store, .random(in: 0..<4, using: &random))
      let job = Job(flow: flow, number: number, cost: .random(in: 1...maxCost, using: &random))
      number += 1
      queue.append(job, flow: flow, cost: job.cost)
      model.jobs[flow, default: []].append(job)
    }
    func take() {
      guard let job = queue.popFirst() else { return }
      if model.jobs[job.flow]?.first != job { Issue.record("\(job) is not the first of its flow") }
      model.jobs[job.flow]?.removeFirst()
      service[job.flow.store, default: 0] += job.cost
    }
    func compare() {
      let busy = stores.filter(model.isBacklogged)
      leads = leads.filter { busy.contains($0.key[0]) && busy.contains($0.key[1]) }
      for (index, one) in busy.enumerated() {
        for other in busy.dropFirst(index + 1) {
          let lead = service[one, default: 0] - service[other, default: 0]
          let known = leads[[one, other]] ?? lead...lead
          let range = min(known.lowerBound, lead)...max(known.upperBound, lead)
          leads[[one, other]] = range
          widest = max(widest, range.upperBound - range.lowerBound)
        }
      }
    }
    for _ in 0..<200 {
      // Times with many jobs and times in which the queue runs empty.
      let isBusy = Bool.random(using: &random)
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        if Int.random(in: 0..<10, using: &random) < (isBusy ? 7 : 3) { put() } else { take() }
        compare()
      }
      #expect(queue.storeCount == stores.filter(model.isBacklogged).count)
    }
    while !queue.isEmpty { take() }
    #expect(stores.filter(model.isBacklogged) == [])
    #expect(widest <= quantum + 2 * max(quantum, maxCost))
    #expect(queue.cost == 0 && queue.popFirst() == nil)
  }

  @Test func manyConnectionsComeAndGo() {
    var queue = FairQueue<Int>(quantum: 8)
    for number in 0..<10_000 {
      queue.append(number, flow: Self.flow("s\(number % 50)", UInt64(number)), cost: 1)
      if number % 3 == 0 { _ = queue.popFirst() }
    }
    var left = 0
    while queue.popFirst() != nil { left += 1 }
    #expect(left == 10_000 - 3_334)
  }
}
