#include <rondeau/task/join_handle.h>

namespace rondeau::task {

std::string JoinError::message() const {
  const std::string task = "task " + std::to_string(static_cast<std::uint64_t>(id_));
  switch (kind_) {
    case Kind::Cancelled: return task + " was cancelled";
    case Kind::Overloaded: return task + ": the blocking pool has no room";
    case Kind::Exception: break;
  }
  try {
    std::rethrow_exception(exception_);
  } catch (const std::exception& thrown) {
    return task + " threw: " + thrown.what();
  } catch (...) {
    return task + " threw";
  }
}

}  // namespace rondeau::task
