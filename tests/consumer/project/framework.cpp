// Uses the framework.
#include <rondeau/base/result.h>

int main() {
  const rondeau::Result<int> failed = rondeau::Error(rondeau::Errc::TimedOut, "wait");
  return failed.error().message() == "wait: timed out" ? 0 : 1;
}
