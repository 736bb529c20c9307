//! The edges between the nodes of a run that is over.

use dbt_manifest::Manifest;

use super::lineage::Lineage;
use super::node_details::NodeDetails;
use super::wait_for::Upstream;

/// For each of these nodes, by unique_id, those of them that it waited for, by the manifest: what did not run is skipped over, and
/// a model waits for its unit tests.
pub(crate) fn edges_of_run(manifest: &Manifest, ids: &[&str]) -> Vec<Vec<String>> {
    let mut lineage = Lineage::default();
    for node in manifest.iter() {
        lineage.define(NodeDetails::of_manifest(node), node.depends_on_nodes());
    }
    let mut upstream = Upstream::default();
    let places: Vec<_> = ids.iter().map(|id| lineage.index_of(id)).collect();
    places.iter().for_each(|ix| upstream.join(*ix));
    let mut edges = |ix| {
        let above = upstream.of(ix, &lineage, true).into_iter();
        above.map(|ix| lineage.details(ix).unique_id.to_string())
    };
    places.into_iter().map(|ix| edges(ix).collect()).collect()
}
