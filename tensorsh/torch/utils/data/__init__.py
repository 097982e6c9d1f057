"""torch.utils.data: datasets, samplers, and the loader that makes batches of them."""

from ...namespace import lazily

CONTENTS = {
    "dataset": (
        "Dataset IterableDataset TensorDataset StackDataset ConcatDataset ChainDataset Subset random_split"
    ),
    "sampler": (
        "Sampler SequentialSampler RandomSampler SubsetRandomSampler WeightedRandomSampler BatchSampler"
    ),
    "distributed": "DistributedSampler",
    "_utils.collate": "default_collate default_convert",
    "_utils.worker": "get_worker_info",
    "dataloader": "DataLoader",
}
NAMESPACES = ("_utils", "dataloader", "dataset", "distributed", "sampler")
UNSTARRED = ("dataloader", "dataset", "distributed", "sampler")

__getattr__, __dir__ = lazily(__name__)
