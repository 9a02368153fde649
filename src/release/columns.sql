/*
 * What the columns of the register say, for who may read it.
 */
COMMENT ON COLUMN mobanon.pipeline.pipeline_id IS 'number of the pipeline; a pipeline made again under a name has a new one';
COMMENT ON COLUMN mobanon.pipeline.pipeline IS 'schema and name of the release';
COMMENT ON COLUMN mobanon.pipeline.published_until IS 'windows before this are out';
COMMENT ON COLUMN mobanon.pipeline.bucket IS 'length of a window';
COMMENT ON COLUMN mobanon.pipeline.watermark IS 'how long after its end a window waits for late events';
COMMENT ON COLUMN mobanon.pipeline.time_zone IS 'time zone in which windows begin';
COMMENT ON COLUMN mobanon.pipeline.publish_until IS 'while publish(until) runs: no later window is closed';
COMMENT ON COLUMN mobanon.pipeline.kind IS 'what is counted: see pipeline_kinds()';
COMMENT ON COLUMN mobanon.pipeline.source IS 'table of events';
COMMENT ON COLUMN mobanon.pipeline.purpose IS 'purpose it processes for';
COMMENT ON COLUMN mobanon.pipeline.role_name IS 'role it processes as, bound to the purpose';
COMMENT ON COLUMN mobanon.pipeline.subject_column IS 'column of the source with the subject';
COMMENT ON COLUMN mobanon.pipeline.event_time_column IS 'column of the source with the time of the event';
COMMENT ON COLUMN mobanon.pipeline.latitude_column IS 'column of the source with the latitude';
COMMENT ON COLUMN mobanon.pipeline.longitude_column IS 'column of the source with the longitude';
COMMENT ON COLUMN mobanon.pipeline.site_column IS 'column of the source with the identity of a radio cell, instead of a position';
COMMENT ON COLUMN mobanon.pipeline.domain IS 'pseudonym domain';
COMMENT ON COLUMN mobanon.pipeline.resolution IS 'resolution of the cells';
COMMENT ON COLUMN mobanon.pipeline.k IS 'fewest distinct subjects of a row';
COMMENT ON COLUMN mobanon.pipeline.recipients IS 'who receives the release';
COMMENT ON COLUMN mobanon.pipeline.starts_at IS 'first window';
COMMENT ON COLUMN mobanon.pipeline.breakdowns IS 'columns of the source that rows are broken down by';
COMMENT ON COLUMN mobanon.pipeline.account_column IS 'column of the source whose distinct values k is held against, instead of the subject';
COMMENT ON COLUMN mobanon.pipeline.resolutions IS 'resolutions of areas, finest first, where a kind takes several';
COMMENT ON COLUMN mobanon.pipeline.buckets IS 'lengths of time, where a kind takes several';
COMMENT ON COLUMN mobanon.pipeline.measures IS 'what is computed of columns: see measure()';
COMMENT ON COLUMN mobanon.pipeline.cells_per_day IS 'most cells that a subject counts in, in a day';
COMMENT ON COLUMN mobanon.pipeline.minimum_stay IS 'shortest time that is a stay';
COMMENT ON COLUMN mobanon.pipeline.maximum_gap IS 'longest time between two events of a stay';
COMMENT ON COLUMN mobanon.pipeline.trips_per_day IS 'most trips that a subject counts in, in a day';
COMMENT ON COLUMN mobanon.pipeline.places IS 'set of areas, or resolution, of the places that are counted';
COMMENT ON COLUMN mobanon.pipeline.homes IS 'set of areas, or resolution, in which homes are found';
COMMENT ON COLUMN mobanon.pipeline.diversity IS 'in what the persons of a row must differ: see diversity()';
COMMENT ON COLUMN mobanon.pipeline.parent_id IS 'of a release for one recipient: the pipeline it is a part of';
COMMENT ON COLUMN mobanon.pipeline.areas IS 'of a release for one recipient: which part';
COMMENT ON COLUMN mobanon.pipeline.retained_from IS 'windows before this were dropped by drop_windows()';
COMMENT ON COLUMN mobanon.pipeline.dropping_before IS 'while drop_windows() runs: what it drops';
COMMENT ON COLUMN mobanon.pipeline.publishing IS 'while publish() runs: the number of the publication it writes';
COMMENT ON COLUMN mobanon.pipeline.created_at IS 'when it was made';
COMMENT ON COLUMN mobanon.pipeline.created_by IS 'role that made it';
COMMENT ON COLUMN mobanon.pipeline.dropped_at IS 'when it was dropped; NULL: it is live';

COMMENT ON COLUMN mobanon.publication.pipeline_id IS 'pipeline that published';
COMMENT ON COLUMN mobanon.publication.publication IS 'number of the publication, from 1';
COMMENT ON COLUMN mobanon.publication.pipeline IS 'name of the pipeline';
COMMENT ON COLUMN mobanon.publication.window_from IS 'start of its windows';
COMMENT ON COLUMN mobanon.publication.window_to IS 'end of its windows, not included';
COMMENT ON COLUMN mobanon.publication.rows IS 'rows released';
COMMENT ON COLUMN mobanon.publication.content_sha256 IS 'hash of the rows released';
COMMENT ON COLUMN mobanon.publication.parameters IS 'what it was computed by';
COMMENT ON COLUMN mobanon.publication.version IS 'version of mobanon that computed it';
COMMENT ON COLUMN mobanon.publication.published_by IS 'role that published';
COMMENT ON COLUMN mobanon.publication.entry_sha256 IS 'hash of this entry and the one before';
COMMENT ON COLUMN mobanon.publication.ledger_era IS 'cluster in which the ledger was read';
COMMENT ON COLUMN mobanon.publication.ledger_writer IS 'its own transaction, whose decisions were known up to ledger_read_at';
COMMENT ON COLUMN mobanon.publication.ledger_read_at IS 'when the ledger was read';

COMMENT ON COLUMN mobanon.pipeline.usage_granted IS 'whether USAGE on the schema of the source was granted for the pipeline, and goes with it';

COMMENT ON COLUMN mobanon.pipeline_relation.pipeline_id IS 'pipeline';
COMMENT ON COLUMN mobanon.pipeline_relation.use IS 'source or release';
COMMENT ON COLUMN mobanon.pipeline_relation.relation IS 'the table, whatever its name is today';

COMMENT ON COLUMN mobanon.publication_window.pipeline_id IS 'pipeline that published';
COMMENT ON COLUMN mobanon.publication_window.publication IS 'number of the publication';
COMMENT ON COLUMN mobanon.publication_window.bucket IS 'start of the window';
COMMENT ON COLUMN mobanon.publication_window.rows IS 'rows released for it';
COMMENT ON COLUMN mobanon.publication_window.sha256 IS 'hash of those rows';
COMMENT ON COLUMN mobanon.publication_window.row_checks IS 'first four bytes of the hash of each row';

COMMENT ON COLUMN mobanon.publication_withheld.pipeline_id IS 'pipeline that published';
COMMENT ON COLUMN mobanon.publication_withheld.publication IS 'number of the publication';
COMMENT ON COLUMN mobanon.publication_withheld.reason IS 'why something was withheld';
COMMENT ON COLUMN mobanon.publication_withheld.number IS 'how much';
COMMENT ON COLUMN mobanon.publication_withheld.unit IS 'of what';

COMMENT ON COLUMN mobanon.publish_progress.pid IS 'process of the session that publishes';
COMMENT ON COLUMN mobanon.publish_progress.pipeline IS 'name of the pipeline';
COMMENT ON COLUMN mobanon.publish_progress.phase IS 'what it does now';
COMMENT ON COLUMN mobanon.publish_progress.windows_done IS 'windows done';
COMMENT ON COLUMN mobanon.publish_progress.windows_total IS 'windows to do';
COMMENT ON COLUMN mobanon.publish_progress.rows IS 'rows released so far';
COMMENT ON COLUMN mobanon.publish_progress.started_at IS 'when it started';
COMMENT ON COLUMN mobanon.publish_progress.phase_started_at IS 'when the phase started';

COMMENT ON COLUMN mobanon.received.recipient IS 'who received';
COMMENT ON COLUMN mobanon.received.pipeline IS 'release that was received';
COMMENT ON COLUMN mobanon.received.publication IS 'number of the publication';
COMMENT ON COLUMN mobanon.received.window_from IS 'start of its windows';
COMMENT ON COLUMN mobanon.received.window_to IS 'end of its windows, not included';
COMMENT ON COLUMN mobanon.received.rows IS 'rows';
COMMENT ON COLUMN mobanon.received.published_at IS 'when';
COMMENT ON COLUMN mobanon.received.purpose IS 'purpose of the pipeline';
COMMENT ON COLUMN mobanon.received.resolution IS 'resolution of the cells';
COMMENT ON COLUMN mobanon.received.k IS 'fewest distinct subjects of a row';
COMMENT ON COLUMN mobanon.received.areas IS 'areas, where the release is a part';
COMMENT ON COLUMN mobanon.received.content_sha256 IS 'hash of the rows';
