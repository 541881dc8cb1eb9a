// Uses the runtime alone.
#include <rondeau/base/result.h>

int main() {
  const rondeau::Result<int> answer = 42;
  return answer && *answer == 42 ? 0 : 1;
}
