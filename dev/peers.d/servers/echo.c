// The limit: answers every ttrpc frame with a frame of SIZE bytes of data, from one epoll loop that
// reads no request.
//   echo SIZE    prints its address
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 10, INPUT = 64 << 10, OUTPUT = 4 << 20, LARGEST_ANSWER = 16 << 10 };

struct connection {
  int descriptor;
  size_t input_size;
  unsigned char input[INPUT];
};

static unsigned char answer[HEADER + LARGEST_ANSWER], output[OUTPUT];
static size_t answer_size;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

// Waits when the client does not read: this server has no other work then.
static void send_all(int descriptor, size_t size) {
  for (size_t sent = 0; sent < size;) {
    ssize_t count = send(descriptor, output + sent, size - sent, MSG_NOSIGNAL);
    if (count <= 0) return;  // the next read sees the end
    sent += (size_t)count;
  }
}

static size_t frame_size(const unsigned char *frame) {
  return HEADER + ((size_t)frame[1] << 16 | (size_t)frame[2] << 8 | frame[3]);
}

static void serve(struct connection *connection) {
  ssize_t count = recv(connection->descriptor, connection->input + connection->input_size,
                       INPUT - connection->input_size, 0);
  if (count <= 0) {
    close(connection->descriptor);
    free(connection);
    return;
  }
  connection->input_size += (size_t)count;
  size_t taken = 0, written = 0;
  while (connection->input_size - taken >= HEADER) {
    const unsigned char *frame = connection->input + taken;
    if (connection->input_size - taken < frame_size(frame)) break;
    if (written + answer_size > OUTPUT) {
      send_all(connection->descriptor, written);
      written = 0;
    }
    memcpy(output + written, answer, answer_size);
    memcpy(output + written + 4, frame + 4, 4);  // the id of the call
    written += answer_size;
    taken += frame_size(frame);
  }
  connection->input_size -= taken;
  memmove(connection->input, connection->input + taken, connection->input_size);
  send_all(connection->descriptor, written);
}

static void accept_one(int listener, int poller) {
  struct connection *connection = calloc(1, sizeof *connection);
  int one = 1;
  connection->descriptor = accept(listener, NULL, NULL);
  setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->descriptor, &event)) fail("epoll_ctl");
}

static int listen_on_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(int count, char **arguments) {
  size_t size = count == 2 ? strtoul(arguments[1], NULL, 10) : 0;
  if (size < 1 || size > LARGEST_ANSWER) {
    fprintf(stderr, "usage: echo SIZE, 1 to %d\n", LARGEST_ANSWER);
    return 2;
  }
  answer_size = HEADER + size;
  answer[2] = (unsigned char)(size >> 8);
  answer[3] = (unsigned char)size;
  answer[8] = 2;  // a response
  int listener = listen_on_loopback(), poller = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(poller, events, 256, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
      if (events[i].data.ptr) serve(events[i].data.ptr);
      else accept_one(listener, poller);
    }
  }
}
