import PatronClient
import Synchronization
import Testing

/// Lists by pages.
struct PageSequenceTests {
  /// Pages of customers with these ids; the token of page 1 is `t1`.
  private func channel(_ pages: [[Int64]]) -> FakeChannel {
    let channel = FakeChannel()
    channel.on(CustomerService.listCustomers) { request in
      let index = Int(request.pageToken.dropFirst()) ?? 0
      return .with {
        $0.customers = pages[index].map { id in .with { $0.id = id } }
        $0.nextPageToken = index + 1 < pages.count ? "t\(index + 1)" : ""
      }
    }
    return channel
  }

  @Test func followsTheTokens() async throws {
    let channel = channel([[1, 2], [3], [4, 5]])
    let patron = PatronClient(channel: channel)
    let request = ListCustomersRequest.with { $0.pageSize = 2 }
    let options = CallOptions(timeout: .seconds(7))
    var pages: [[Int64]] = []
    for try await page in patron.pages(CustomerService.listCustomers, request, options: options) {
      pages.append(page.customers.map(\.id))
    }
    #expect(pages == [[1, 2], [3], [4, 5]])
    let requests = try channel.requests(ListCustomersRequest.self)
    #expect(requests.map(\.pageToken) == ["", "t1", "t2"])
    #expect(requests.allSatisfy { $0.pageSize == 2 })
    #expect(channel.calls.allSatisfy { $0.options.timeout == .seconds(7) })
  }

  @Test func itemsSkipEmptyPages() async throws {
    let patron = PatronClient(channel: channel([[], [1], [], [], [2, 3], []]))
    var ids: [Int64] = []
    for try await customer in patron.pages(CustomerService.listCustomers, .init()).items {
      ids.append(customer.id)
    }
    #expect(ids == [1, 2, 3])
  }

  @Test func startsAtTheTokenOfTheRequestEachTime() async throws {
    let channel = channel([[1], [2], [3]])
    let pages = PatronClient(channel: channel)
      .pages(CustomerService.listCustomers, .with { $0.pageToken = "t1" })
    for _ in 1...2 {
      var ids: [Int64] = []
      for try await customer in pages.items { ids.append(customer.id) }
      #expect(ids == [2, 3])
    }
    let requests = try channel.requests(ListCustomersRequest.self)
    #expect(requests.map(\.pageToken) == ["t1", "t2", "t1", "t2"])
  }

  @Test func leavingTheLoopMakesNoFurtherCall() async throws {
    let channel = channel([[1, 2], [3]])
    let patron = PatronClient(channel: channel)
    for try await customer in patron.pages(CustomerService.listCustomers, .init()).items {
      if customer.id == 2 { break }
    }
    #expect(channel.calls.count == 1)
  }

  @Test func anErrorEndsTheSequence() async throws {
    let channel = FakeChannel()
    channel.on(CustomerService.listCustomers) { request throws(RPCError) in
      guard request.pageToken.isEmpty else {
        throw RPCError(code: .failedPrecondition, message: "outdated")
      }
      return .with { $0.nextPageToken = "t1" }
    }
    var pages = PatronClient(channel: channel)
      .pages(CustomerService.listCustomers, .init()).makeAsyncIterator()
    #expect(try await pages.next() != nil)
    let error = await #expect(throws: RPCError.self) { try await pages.next() }
    #expect(error?.code == .failedPrecondition)
    #expect(try await pages.next() == nil)
    #expect(channel.calls.count == 2)
  }

  @Test func aServerThatRepeatsATokenIsAnError() async throws {
    let channel = FakeChannel()
    channel.on(CustomerService.listCustomers) { _ in .with { $0.nextPageToken = "again" } }
    var count = 0
    let error = await #expect(throws: RPCError.self) {
      for try await _ in PatronClient(channel: channel)
        .pages(CustomerService.listCustomers, .init())
      { count += 1 }
    }
    #expect(error?.code == .internal && count == 1)
  }

  @Test func cancellingTheTaskEndsTheLoop() async throws {
    let channel = FakeChannel()
    channel.on(CustomerService.listCustomers) { _ throws(RPCError) in
      do {
        try await Task.sleep(for: .seconds(600))
      } catch {
        throw RPCError(code: .cancelled, message: "cancelled")
      }
      return .init()
    }
    let loop = Task {
      for try await _ in PatronClient(channel: channel)
        .pages(CustomerService.listCustomers, .init())
      {}
    }
    while channel.calls.isEmpty { await Task.yield() }
    loop.cancel()
    let error = await #expect(throws: RPCError.self) { try await loop.value }
    #expect(error?.code == .cancelled)
  }

  @Test func everyListHasItems() async throws {
    #expect(ListConsentHistoryResponse.with { $0.records = [.init()] }.items.count == 1)
    #expect(ListSuppressionsResponse.with { $0.suppressions = [.init()] }.items.count == 1)
    #expect(GetTimelineResponse.with { $0.events = [.init()] }.items.count == 1)
    #expect(ListOrdersResponse.with { $0.orders = [.init()] }.items.count == 1)
    #expect(ListAuditResponse.with { $0.entries = [.init()] }.items.count == 1)
    #expect(ListKeysResponse.with { $0.keys = [.init()] }.items.count == 1)
    #expect(ListStoresResponse.with { $0.stores = [.init()] }.items.count == 1)
  }

  @Test("Every message of the contract with a page token can be paged")
  func everyListCanBePaged() {
    let requests: [any PagedRequest.Type] = [
      ListCustomersRequest.self, ListConsentHistoryRequest.self, ListSuppressionsRequest.self,
      GetTimelineRequest.self, ListOrdersRequest.self, ListAuditRequest.self, ListKeysRequest.self,
      ListStoresRequest.self,
    ]
    let responses: [any PagedResponse.Type] = [
      ListCustomersResponse.self, ListConsentHistoryResponse.self, ListSuppressionsResponse.self,
      GetTimelineResponse.self, ListOrdersResponse.self, ListAuditResponse.self,
      ListKeysResponse.self, ListStoresResponse.self,
    ]
    func names(_ field: String) -> Set<String> {
      Set(MessageTypes.all.filter { $0.field(named: field) != nil }.map(\.name))
    }
    #expect(Set(requests.map { $0.descriptor.name }) == names("page_token"))
    #expect(Set(responses.map { $0.descriptor.name }) == names("next_page_token"))
  }
}
