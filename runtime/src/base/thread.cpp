#include "base/thread.h"

#include <unistd.h>

#include <climits>

namespace rondeau::base {
namespace {

std::size_t whole_pages(std::size_t bytes) noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

}  // namespace

int start_thread(pthread_t& thread, std::size_t stack_size, void* (*body)(void*), void* argument) noexcept {
  pthread_attr_t attributes;
  if (const int error = ::pthread_attr_init(&attributes); error != 0) return error;
  int error = stack_size == 0 ? 0 : ::pthread_attr_setstacksize(&attributes, whole_pages(stack_size));
  if (error == 0) error = ::pthread_create(&thread, &attributes, body, argument);
  ::pthread_attr_destroy(&attributes);
  return error;
}

void name_this_thread(const std::string& name) noexcept {
  char cut[16] = {};
  name.copy(cut, sizeof(cut) - 1);
  ::pthread_setname_np(::pthread_self(), cut);
}

std::size_t smallest_stack() noexcept { return static_cast<std::size_t>(::sysconf(_SC_THREAD_STACK_MIN)); }

}  // namespace rondeau::base
