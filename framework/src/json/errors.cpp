#include <rondeau/json/errors.h>

namespace rondeau::json {

std::string Errors::message() const {
  std::string all;
  for (const ErrorEntry& entry : entries) {
    if (!all.empty()) all += "; ";
    all += entry.pointer.empty() ? "the JSON text" : entry.pointer;
    all += ' ';
    all += entry.message;
  }
  return all;
}

Errors::operator base::Error() const {
  return base::Error(Errc::InvalidData, message());
}

}  // namespace rondeau::json
