#include "reports/samples_csv.h"

#include "reports/csv.h"
#include "reports/number_text.h"

namespace attnscope::reports {

namespace {

// The process that took a sample, from the number of samples of each; all from process 0 where that is not recorded.
class ProcessOfSample {
 public:
  explicit ProcessOfSample(std::span<const std::int64_t> samples_per_process) : counts_(samples_per_process) {}
  std::size_t next() {
    while (process_ < counts_.size() && taken_ == counts_[process_]) {
      ++process_;
      taken_ = 0;
    }
    ++taken_;
    return process_;
  }

 private:
  std::span<const std::int64_t> counts_;
  std::size_t process_ = 0;
  std::int64_t taken_ = 0;
};

}  // namespace

void write_samples_csv(std::ostream& out, std::span<const Record> records) {
  out << "case_key,process,index,ns\n";
  for (const Record& record : records) {
    ProcessOfSample process(record.samples_per_process);
    for (std::size_t index = 0; index < record.samples_ns.size(); ++index) {
      write_csv_field(out, record.case_key);
      out << ',' << process.next() << ',' << index << ',' << shortest_decimal(record.samples_ns[index]) << '\n';
    }
  }
}

}  // namespace attnscope::reports
